#include "tools/bundle_lines.h"

#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "schema/base64.h"
#include "schema/codec.h"
#include "schema/json_writer.h"
#include "store/whole_file.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

class LineWriter final : public store::BundleSink {
 public:
  explicit LineWriter(const std::filesystem::path& path) {
    if (path != "-") {
      file_.emplace(path);
    }
  }

  [[nodiscard]] Status open() { return file_ ? file_->open() : Status(); }

  [[nodiscard]] Status begin(const store::BundleHeader& header) override {
    JsonWriter json;
    json.begin_object().field("type", "bundle").field("version", kVersion);
    json.field("store", to_string(header.store)).field("build", header.build);
    json.field("before_seq", raw(header.before.sequence));
    json.field("before_hash", to_string(header.before.hash)).end_object();
    return line(json.take());
  }
  [[nodiscard]] Status kept(Sequence sequence, std::string_view record) override {
    return event_line("kept", sequence, record);
  }
  [[nodiscard]] Status event(Sequence sequence, std::string_view record) override {
    return event_line("event", sequence, record);
  }
  [[nodiscard]] Status blob(store::BlobKind kind,
                            const Digest& digest,
                            std::string_view bytes) override {
    const bool is_result = kind == store::BlobKind::kResult;
    JsonWriter json;
    json.begin_object().field("type", is_result ? "result" : "input");
    json.field("hash", to_string(digest));
    // A result is a JSON document: its text is worth more to a reader than its bytes.
    is_result ? json.field("text", bytes) : json.field("base64", to_base64(bytes));
    json.end_object();
    return line(json.take());
  }
  [[nodiscard]] Status command(std::string_view key, std::string_view row) override {
    JsonWriter json;
    json.begin_object().field("type", "command");
    json.field("key", to_base64(key)).field("row", to_base64(row)).end_object();
    return line(json.take());
  }
  [[nodiscard]] Status end(const store::BundleFooter& footer) override {
    JsonWriter json;
    json.begin_object().field("type", "end").field("last_seq", raw(footer.last));
    json.field("last_hash", to_string(footer.last_hash)).field("root", to_string(footer.root));
    json.field("events", footer.events).field("blobs", footer.blobs).end_object();
    RL_TRY(line(json.take()));
    return file_ ? file_->finish() : Status();
  }

 private:
  [[nodiscard]] Status event_line(std::string_view type,
                                  Sequence sequence,
                                  std::string_view record) {
    RL_TRY_ASSIGN(const EventBytes bytes, read_record(record));
    RL_TRY_ASSIGN(const Event decoded, decode_event(bytes));
    JsonWriter json;
    json.begin_object().field("type", type).field("seq", raw(sequence));
    json.field("flatbuffer", to_base64(bytes.view()));
    json.key("event").raw(event_to_json(decoded)).end_object();
    return line(json.take());
  }
  [[nodiscard]] Status line(std::string text) {
    text += '\n';
    if (file_) {
      return file_->write(text);
    }
    std::cout << text << std::flush;
    return std::cout ? Status() : fail(Code::kIo, "cannot write to standard output");
  }

  std::optional<store::WholeFile> file_;  ///< Absent: standard output.
};

/// What a line lacks or has wrong; caught where lines are read.
struct BadLine {
  std::string what;
};

std::string text_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_string()) {
    throw BadLine{fmt::format("'{}' is not a text", name)};
  }
  return found->get<std::string>();
}

std::uint64_t number_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_number_unsigned()) {
    throw BadLine{fmt::format("'{}' is not a number", name)};
  }
  return found->get<std::uint64_t>();
}

Digest digest_of(const Json& line, const char* name) {
  const auto digest = parse_digest(text_of(line, name));
  if (!digest) {
    throw BadLine{fmt::format("'{}' is not a hash", name)};
  }
  return *digest;
}

std::string bytes_of(const Json& line, const char* name) {
  auto bytes = from_base64(text_of(line, name));
  if (!bytes) {
    throw BadLine{fmt::format("'{}' is not base64", name)};
  }
  return std::move(*bytes);
}

/// Gives the parts of lines to a sink.
class LineReader {
 public:
  explicit LineReader(store::BundleSink& sink) : sink_(sink) {}

  [[nodiscard]] Status read(const std::string& text) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object()) {
      throw BadLine{"no JSON object"};
    }
    const std::string type = text_of(line, "type");
    if (footer_ || (type == "bundle") == begun_) {
      throw BadLine{begun_ ? "a line after the end" : "the first line must be of type bundle"};
    }
    begun_ = true;
    return take(type, line);
  }
  [[nodiscard]] const std::optional<store::BundleFooter>& footer() const noexcept {
    return footer_;
  }

 private:
  [[nodiscard]] Status take(const std::string& type, const Json& line) {
    if (type == "bundle") {
      return begin(line);
    }
    if (type == "event" || type == "kept") {
      const Sequence sequence{number_of(line, "seq")};
      std::string record;
      write_record(bytes_of(line, "flatbuffer"), record);
      return type == "event" ? sink_.event(sequence, record) : sink_.kept(sequence, record);
    }
    if (type == "result") {
      return sink_.blob(store::BlobKind::kResult, digest_of(line, "hash"), text_of(line, "text"));
    }
    if (type == "input") {
      return sink_.blob(store::BlobKind::kInput, digest_of(line, "hash"), bytes_of(line, "base64"));
    }
    if (type == "command") {
      return sink_.command(bytes_of(line, "key"), bytes_of(line, "row"));
    }
    if (type == "end") {
      footer_ = store::BundleFooter{.last = Sequence{number_of(line, "last_seq")},
                                    .last_hash = digest_of(line, "last_hash"),
                                    .root = digest_of(line, "root"),
                                    .events = number_of(line, "events"),
                                    .blobs = number_of(line, "blobs")};
      return sink_.end(*footer_);
    }
    throw BadLine{"unknown type '" + type + "'"};
  }

  [[nodiscard]] Status begin(const Json& line) {
    if (number_of(line, "version") != kVersion) {
      return fail(Code::kUnsupported, "a bundle of a version that this one cannot read");
    }
    store::BundleHeader header;
    const auto store = StoreId::parse(text_of(line, "store"));
    if (!store) {
      throw BadLine{"'store' is not an id"};
    }
    header.store = *store;
    header.build = text_of(line, "build");
    header.before = {.sequence = Sequence{number_of(line, "before_seq")},
                     .hash = digest_of(line, "before_hash")};
    return sink_.begin(header);
  }

  store::BundleSink& sink_;
  bool begun_ = false;
  std::optional<store::BundleFooter> footer_;
};

}  // namespace

Result<std::unique_ptr<store::BundleSink>> make_bundle_lines(const std::filesystem::path& path) {
  auto writer = std::make_unique<LineWriter>(path);
  RL_TRY(writer->open());
  return writer;
}

bool has_bundle_lines(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return in.get() == '{';
}

Result<store::BundleFooter> read_bundle_lines(const std::filesystem::path& path,
                                              store::BundleSink* sink) {
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) {
    return fail(Code::kNotFound, "cannot open " + path.string());
  }
  const auto check = store::make_bundle_check(sink);
  LineReader lines(*check);
  std::uint64_t number = 0;
  try {
    for (std::string text; std::getline(in, text);) {
      ++number;
      const Status read = lines.read(text);
      if (!read) {
        return fail(read.error().code,
                    fmt::format("{}:{}: {}", path.string(), number, read.error().message));
      }
    }
  } catch (const BadLine& bad) {
    return fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", path.string(), number, bad.what));
  }
  if (!lines.footer()) {
    return fail(Code::kCorruption, path.string() + " is cut off: it has no end");
  }
  return *lines.footer();
}

}  // namespace runledger::tools
