#include "reports/timeline/chrome_trace.h"

#include <nlohmann/json.hpp>

#include "libtrack/support/utf8.h"

namespace mqtrack::reports {
namespace {

using nlohmann::ordered_json;
using timeline::Details;
using timeline::Instant;
using timeline::Slice;
using timeline::Track;
using timeline::Value;

/// Tracks that are no threads get numbers that no thread has: Linux has at most 2^22.
constexpr std::int64_t kFirstLane = std::int64_t{1} << 32;

/// The viewer counts in microseconds, and takes fractions. Written by hand: a double has no room for both.
std::string Micros(std::int64_t ns) {
  const std::string fraction = std::to_string(1000 + ns % 1000);
  return std::to_string(ns / 1000) + "." + fraction.substr(1);
}

std::string Text(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json Arguments(const Details& details, std::int64_t live_growth) {
  ordered_json arguments = ordered_json::object();
  if (!details.client.empty()) arguments["client"] = support::ToUtf8(details.client);
  if (!details.topic.empty()) arguments["topic"] = support::ToUtf8(details.topic);
  if (details.packets != 0) arguments["packets"] = details.packets;
  if (details.copies != 0) arguments["copies"] = details.copies;
  if (details.value != 0) arguments["value"] = details.value;
  if (details.is_unfinished) arguments["unfinished"] = true;
  if (live_growth != 0) arguments["live_growth"] = live_growth;
  return arguments;
}

/// What every event begins with.
std::string Head(const char* phase, const std::string& name, std::int64_t pid, std::int64_t tid) {
  return std::string("{\"ph\":\"") + phase + "\",\"pid\":" + std::to_string(pid) + ",\"tid\":" + std::to_string(tid) +
         ",\"name\":" + Text(name);
}

std::string Timed(const std::string& head, const char* category, std::int64_t ns) {
  return head + ",\"cat\":\"" + category + "\",\"ts\":" + Micros(ns);
}

}  // namespace

void ChromeTrace::Write(const std::string& event) {
  output_.Append(has_begun_ ? ",\n" : "[\n");
  output_.Append(event);
  has_begun_ = true;
}

void ChromeTrace::Finish() { output_.Append(has_begun_ ? "\n]\n" : "[]\n"); }

ChromeTrace::Place ChromeTrace::PlaceOf(timeline::TrackId track) const {
  if (const auto found = places_.find(track); found != places_.end()) return found->second;
  return {pid_, kFirstLane + static_cast<std::int64_t>(track), ""};
}

void ChromeTrace::Add(const Track& track) {
  if (track.kind == Track::Kind::kProcess) {
    pid_ = track.pid;
    places_[track.id] = {pid_, pid_, track.name};
  } else if (track.kind == Track::Kind::kThread) {
    places_[track.id] = {pid_, track.tid, track.name};
  } else if (track.kind == Track::Kind::kCounter) {
    places_[track.id] = {pid_, 0, track.name};
    return;
  }
  const Place place = PlaceOf(track.id);
  Write(Head("M", track.kind == Track::Kind::kProcess ? "process_name" : "thread_name", place.pid, place.tid) +
        ",\"args\":{\"name\":" + Text(track.name) + "}}");
}

void ChromeTrace::WriteFlow(const char* phase, const Place& place, std::int64_t ns, std::uint64_t flow) {
  Write(Timed(Head(phase, "copy", place.pid, place.tid), "flow", ns) + ",\"id\":" + std::to_string(flow) +
        (*phase == 'f' ? ",\"bp\":\"e\"}" : "}"));
}

void ChromeTrace::Add(const Slice& slice) {
  const Place place = PlaceOf(slice.track);
  Write(Timed(Head("X", slice.name, place.pid, place.tid), timeline::SubjectName(slice.subject), slice.begin_ns) +
        ",\"dur\":" + Micros(slice.end_ns - slice.begin_ns) +
        ",\"args\":" + Arguments(slice.details, slice.live_growth).dump() + "}");
  for (const std::uint64_t flow : slice.flows) WriteFlow("s", place, slice.begin_ns, flow);
}

/// An arrow can only end at a slice: where there is one, the instant is the shortest slice that there is.
void ChromeTrace::Add(const Instant& instant) {
  const Place place = PlaceOf(instant.track);
  Write(Timed(Head(instant.flow == 0 ? "i" : "X", instant.name, place.pid, place.tid),
              timeline::SubjectName(instant.subject), instant.ns) +
        (instant.flow == 0 ? ",\"s\":\"t\"" : ",\"dur\":0.001") + ",\"args\":" + Arguments(instant.details, 0).dump() +
        "}");
  if (instant.flow != 0) WriteFlow("f", place, instant.ns, instant.flow);
}

void ChromeTrace::Add(const Value& value) {
  const Place place = PlaceOf(value.track);
  Write(Timed(Head("C", place.name, place.pid, 0), "counter", value.ns) +
        ",\"args\":{\"value\":" + std::to_string(value.value) + "}}");
}

}  // namespace mqtrack::reports
