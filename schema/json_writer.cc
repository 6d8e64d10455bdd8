#include "schema/json_writer.h"

#include <cmath>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "schema/invariant.h"
#include "schema/utf8.h"

namespace runledger {

struct JsonWriter::Impl {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  bool finite = true;
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;

bool JsonWriter::is_finite() const noexcept {
  return impl_->finite;
}

JsonWriter& JsonWriter::begin_object() {
  RL_ASSERT(impl_->writer.StartObject());
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  RL_ASSERT(impl_->writer.EndObject());
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  RL_ASSERT(impl_->writer.StartArray());
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  RL_ASSERT(impl_->writer.EndArray());
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  RL_ASSERT(impl_->writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) {
    impl_->finite = false;
    return null();
  }
  RL_ASSERT(impl_->writer.Double(number));
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  RL_ASSERT(impl_->writer.Int64(number));
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  RL_ASSERT(impl_->writer.Uint64(number));
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) {
  RL_ASSERT(impl_->writer.Bool(flag));
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  if (!is_well_formed_utf8(text)) {
    return value(std::string_view(repaired_utf8(text)));
  }
  RL_ASSERT(impl_->writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size())));
  return *this;
}

JsonWriter& JsonWriter::null() {
  RL_ASSERT(impl_->writer.Null());
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  RL_ASSERT(impl_->writer.RawValue(json.data(), json.size(), rapidjson::kObjectType));
  return *this;
}

JsonWriter& JsonWriter::field(std::string_view name, const Nullable& v) {
  return v ? field(name, *v) : null_field(name, v.error());
}

JsonWriter& JsonWriter::null_field(std::string_view name, NullReason reason) {
  key(name).null();
  return key(std::string(name) + "_reason").value(to_string(reason));
}

std::string JsonWriter::take() {
  RL_ASSERT(impl_->writer.IsComplete());
  std::string document(impl_->buffer.GetString(), impl_->buffer.GetSize());
  impl_->buffer.Clear();
  impl_->writer.Reset(impl_->buffer);
  impl_->finite = true;
  return document;
}

}  // namespace runledger
