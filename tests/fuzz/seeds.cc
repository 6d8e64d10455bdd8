#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "schema/codec.h"
#include "schema/invariant.h"
#include "store/bundle.h"
#include "store/memory_event_log.h"
#include "store/projections.h"
#include "tests/support/sample_events.h"

// One event of every kind, the states of all projections after them, and a packed blob.
namespace {

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// A small log with an input, exported.
void write_bundle(const std::filesystem::path& path) {
  using namespace runledger;
  const auto log = store::make_memory_event_log(store::make_projections());
  const std::string file =
      "Symbol,Quantity,Entry Price Per Share,Entry Date\nAAPL,1,2,2017-02-01\n";
  PortfolioImported imported;
  imported.name = "Alpha";
  imported.content = sha256(file);
  store::AppendRequest request;
  request.events.push_back({UtcTime{}, RunId{}, Sequence{0}, EngineStarted{Epoch{1}, "seed", ""}});
  request.events.push_back({UtcTime{}, RunId{}, Sequence{0}, imported});
  request.blobs.push_back({store::BlobKind::kInput, imported.content,
                           std::make_shared<const std::string>(pack_blob(file))});
  std::promise<bool> done;
  const auto asked = log->append(std::move(request),
                                 [&](const auto& receipt) { done.set_value(receipt.has_value()); });
  RL_ASSERT(asked.has_value() && done.get_future().get());
  std::filesystem::create_directories(path.parent_path());
  std::filesystem::remove(path);
  const auto sink = store::make_bundle_file(path);
  RL_ASSERT(sink.has_value());
  RL_ASSERT(
      store::export_bundle(*log, {.after = {}, .through = {}, .whole = true}, **sink).has_value());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace runledger;
  if (argc != 2) {
    std::fputs("usage: fuzz_seeds CORPUS\n", stderr);
    return 2;
  }
  const std::filesystem::path corpus = argv[1];
  EventEncoder encoder;
  const auto projections = store::make_projections();
  store::TableBatch rows;
  const auto events = testing::sample_events();
  for (const auto& event : events) {
    const auto name = "sample_" + std::to_string(event.payload.index());
    const std::string bytes(encoder.encode(event));
    write(corpus / "event" / name, bytes);
    for (const auto& projection : projections) {
      static_cast<void>(projection->apply(event, rows));
    }
  }
  write_bundle(corpus / "bundle" / "whole");
  std::string record;
  write_record(encoder.encode(events.front()), record);
  write(corpus / "event" / "record", record);
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const auto state = projections[i]->save();
    write(corpus / "checkpoint" / std::string(projections[i]->name()),
          std::string(1, static_cast<char>(i)) + state);
  }
  write(corpus / "checkpoint" / "blob", static_cast<char>(projections.size()) +
                                            pack_blob(R"({"market_value":1.5,"positions":[]})"));
  return 0;
}
