# Helpers shared by every folder: one place for language level, warnings and test registration.
include_guard(GLOBAL)
include(GoogleTest)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

find_program(RUNLEDGER_CCACHE ccache)
if(RUNLEDGER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${RUNLEDGER_CCACHE}")
endif()

set(RUNLEDGER_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wdouble-promotion
    -Wformat=2 -Wimplicit-fallthrough -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees std::optional read before its check wherever it inlines at -O2.
  list(APPEND RUNLEDGER_WARNINGS -Wno-maybe-uninitialized)
endif()

# runledger_options(target): warnings and the one floating-point contract of the whole program.
function(runledger_options target)
  target_compile_options(${target} PRIVATE ${RUNLEDGER_WARNINGS} -ffp-contract=off)
  if(RUNLEDGER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# runledger_library(name SOURCES ... LINK ... PRIVATE_LINK ...): a layer, included from the root.
function(runledger_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  runledger_options(${name})
endfunction()

# runledger_test(name LABEL unit SOURCES ... LINK ...): a GoogleTest program, one CTest entry a test.
function(runledger_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock_main)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${name} PRIVATE RUNLEDGER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  runledger_options(${name})
  gtest_discover_tests(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
                       DISCOVERY_TIMEOUT 60)
endfunction()

# runledger_bench(name SOURCES ... LINK ...): a Google Benchmark program and its smoke run in CTest.
function(runledger_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} benchmark::benchmark)
  target_compile_definitions(${name} PRIVATE RUNLEDGER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  runledger_options(${name})
  if(RUNLEDGER_TESTS)
    add_test(NAME bench_smoke_${name} COMMAND ${name} --benchmark_min_time=0.01)
    set_tests_properties(bench_smoke_${name} PROPERTIES LABELS bench TIMEOUT 120)
  endif()
endfunction()

# runledger_embed(target NAMESPACE n HEADER h FILES kName file ...): the files as string_views that
# HEADER declares in NAMESPACE, compiled into the target. Made again when a file changes.
function(runledger_embed target)
  cmake_parse_arguments(ARG "" "NAMESPACE;HEADER" "FILES" ${ARGN})
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}_assets.cc")
  set(paths ${ARG_FILES})
  list(FILTER paths EXCLUDE REGEX "^k[A-Z][A-Za-z]*$")
  list(JOIN ARG_FILES "|" joined)
  add_custom_command(
    OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" "-DNAMESPACE=${ARG_NAMESPACE}"
            "-DHEADER=${ARG_HEADER}" "-DFILES=${joined}" -P "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
    DEPENDS ${paths} "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
    COMMENT "Embedding the files of ${target}"
    VERBATIM)
  # A page's script is longer than the longest literal that C++ asks a compiler for.
  set_source_files_properties("${output}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${target} PRIVATE "${output}")
endfunction()
