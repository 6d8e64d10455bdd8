#include "http/feed/control_frames.h"

#include <fmt/format.h>

#include "http/render.h"
#include "schema/json_writer.h"

namespace runledger::http {

ControlFrame snapshot_frame(const engine::CurrentRun& current, StoreId store) {
  return {"snapshot",
          fmt::format(R"({{"type":"snapshot","as_of_seq":{},"store_id":"{}","run":{}}})",
                      raw(current.as_of), to_string(store),
                      current.run ? current_run_json(current) : "null"),
          current.as_of};
}

ControlFrame caught_up_frame(Sequence sequence) {
  return {"caught_up", fmt::format(R"({{"type":"caught_up","seq":{}}})", raw(sequence)), sequence};
}

ControlFrame position_frame(Sequence sequence) {
  return {"position", fmt::format(R"({{"type":"position","seq":{}}})", raw(sequence)), sequence};
}

ControlFrame bye_frame(Sequence resume_after) {
  return {"bye", fmt::format(R"({{"type":"bye","resume_after":{}}})", raw(resume_after)),
          resume_after};
}

ControlFrame unknown_sequence_frame(Sequence requested, Sequence committed) {
  return {"gap",
          fmt::format(R"({{"type":"gap","requested":{},"committed":{}}})", raw(requested),
                      raw(committed)),
          std::nullopt};
}

ControlFrame pruned_frame(Sequence requested, Sequence pruned, Sequence committed) {
  return {"gap",
          fmt::format(R"({{"type":"gap","requested":{},"kept_from":{},"committed":{}}})",
                      raw(requested), raw(pruned) + 1, raw(committed)),
          std::nullopt};
}

ControlFrame error_frame(const Problem& problem) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "error").field("status", static_cast<std::uint32_t>(problem.status));
  json.field("code", problem.code).field("detail", problem.detail);
  json.end_object();
  return {"error", json.take(), std::nullopt};
}

}  // namespace runledger::http
