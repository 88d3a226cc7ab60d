#include "libtrack/timeline/timeline_builder.h"

#include <algorithm>
#include <utility>

#include "libtrack/log/packet_types.h"

namespace mqtrack::timeline {
namespace {

using log::TraceEvent;
using log::TraceType;

constexpr std::uint8_t kPublish = 3;
constexpr std::int64_t kLatest = std::int64_t{1} << 62;

std::string ClientIn(const TraceEvent& event) { return {event.text, event.client_bytes}; }
std::string TextIn(const TraceEvent& event) {
  std::string text(event.text + event.client_bytes, event.text_bytes);
  if ((event.flags & log::kTraceTextCut) != 0) text += "...";
  return text;
}

std::string Named(const std::string& name, const std::string& more) { return more.empty() ? name : name + " " + more; }

std::int64_t Difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

}  // namespace

std::string PacketName(std::uint8_t type) {
  return type < log::kPacketTypes && type != 0 ? log::kPacketNames[type] : "(several)";
}

TimelineBuilder::TimelineBuilder(TimelineSink& sink, BuilderOptions options)
    : sink_(sink), options_(std::move(options)) {
  process_ = NewTrack({.kind = Track::Kind::kProcess, .name = options_.process_name, .pid = options_.pid});
  live_ = NewTrack({.parent = process_, .kind = Track::Kind::kCounter, .name = "live heap", .is_bytes = true});
}

TrackId TimelineBuilder::NewTrack(Track track) {
  track.id = static_cast<TrackId>(++tracks_);
  sink_.Add(track);
  return track.id;
}

bool TimelineBuilder::IsSound(const TraceEvent& event) {
  const std::size_t bytes = std::size_t{event.client_bytes} + event.text_bytes;
  return event.type != 0 && event.type <= log::kLastTraceType && event.packet <= log::kPacketTypes &&
         bytes <= log::kTraceTextBytes && event.ns < static_cast<std::uint64_t>(kLatest);
}

TimelineBuilder::Thread* TimelineBuilder::ThreadOf(std::uint32_t number) {
  if (const auto found = threads_.find(number); found != threads_.end()) return &found->second;
  if (threads_.size() >= kMostThreads) return nullptr;
  std::string name = options_.thread_name ? options_.thread_name(number) : "";
  if (name.empty()) name = "thread " + std::to_string(number);
  Thread& thread = threads_[number];
  thread.track = NewTrack(
      {.parent = process_, .kind = Track::Kind::kThread, .name = std::move(name), .pid = options_.pid, .tid = number});
  return &thread;
}

TimelineBuilder::Connection* TimelineBuilder::ConnectionOf(std::uint32_t number) {
  if (number == 0) return nullptr;
  if (const auto found = connections_.find(number); found != connections_.end()) return &found->second;
  return connections_.size() < kMostConnections ? &connections_[number] : nullptr;
}

/// Its name is its client's, which a CONNECT says that may come in pieces: so the track is made when it is needed.
TrackId TimelineBuilder::ConnectionTrack(std::uint32_t number, Connection& connection) {
  if (connection.track != TrackId::kNone) return connection.track;
  connection.track = NewTrack(
      {.parent = process_,
       .name = connection.client.empty() ? "connection " + std::to_string(number) : "client " + connection.client});
  if (connection.opened_ns) {
    Instant opened = {.track = connection.track, .subject = Subject::kConnection, .ns = *connection.opened_ns};
    opened.name = connection.was_open ? "was open before" : "opened";
    opened.details.client = connection.client;
    sink_.Add(opened);
  }
  return connection.track;
}

void TimelineBuilder::Add(const TraceEvent& event) {
  ++events_;
  Thread* thread = IsSound(event) ? ThreadOf(event.thread) : nullptr;
  if (thread == nullptr) {
    ++passed_over_;
    return;
  }
  // No two things of a thread happen at once, even if its clock says so: what nests must be seen to nest.
  const std::int64_t ns = std::max(static_cast<std::int64_t>(event.ns), thread->last_ns + 1);
  const auto live = static_cast<std::int64_t>(static_cast<std::uint64_t>(options_.live_base) + event.live_bytes);
  thread->last_ns = ns;
  last_ns_ = std::max(last_ns_, ns);
  AddLiveBytes(ns, live);
  const auto type = static_cast<TraceType>(event.type);
  if (type == TraceType::kPacket || type == TraceType::kTakesUp || type == TraceType::kDone ||
      type == TraceType::kWaits)
    EndPacket(*thread, ns, live, false);
  // Of a thread that waits nothing is heard, but for frees by signal handlers.
  EndWait(*thread, ns, live, false);
  switch (type) {
    case TraceType::kPacket:
      return OnPacket(*thread, event, ns, live);
    case TraceType::kSent:
      return OnSent(*thread, event, ns);
    case TraceType::kWaits:
      thread->wait = Open{ns, live, "waits"};
      return;
    case TraceType::kOpened:
      return OnOpened(event, ns);
    case TraceType::kClosed:
      return OnClosed(event, ns);
    case TraceType::kRegion:
    case TraceType::kRegionEnd:
      return OnRegion(event.thread, *thread, event, ns, live);
    case TraceType::kThreadBegins:
      return Tell(thread->track, Subject::kThread, ns, "thread begins", 0);
    case TraceType::kThreadEnds:
      Tell(thread->track, Subject::kThread, ns, "thread ends", 0);
      EndThread(*thread, ns, live, false);
      threads_.erase(event.thread);
      return;
    case TraceType::kLargeBlock:
      return Tell(thread->track, Subject::kHeap, ns, "large block", event.value);
    case TraceType::kLargeFree:
      return Tell(thread->track, Subject::kHeap, ns, "large block freed", event.value);
    case TraceType::kTimer:
      return Tell(thread->track, Subject::kTimer, ns, "timer fired", event.value);
    case TraceType::kNone:
    case TraceType::kTakesUp:
    case TraceType::kDone:
      return;
  }
}

void TimelineBuilder::Tell(TrackId track, Subject subject, std::int64_t ns, std::string name, std::uint64_t value) {
  Instant instant = {.track = track, .subject = subject, .ns = ns, .name = std::move(name)};
  instant.details.value = value;
  sink_.Add(instant);
}

void TimelineBuilder::OnPacket(Thread& thread, const TraceEvent& event, std::int64_t ns, std::int64_t live) {
  OpenPacket packet;
  packet.type = event.packet;
  packet.connection = event.connection;
  packet.details.client = ClientIn(event);
  packet.details.topic = TextIn(event);
  packet.details.packets = event.value > 1 ? event.value : 0;
  packet.open = {ns, live, Named(PacketName(event.packet), packet.details.topic)};
  if (Connection* connection = ConnectionOf(event.connection); connection != nullptr && !packet.details.client.empty())
    connection->client = packet.details.client;
  thread.packet = std::move(packet);
}

void TimelineBuilder::OnSent(Thread& thread, const TraceEvent& event, std::int64_t ns) {
  Connection* connection = ConnectionOf(event.connection);
  if (connection == nullptr) return;
  if (event.client_bytes != 0) connection->client = ClientIn(event);
  Instant sent = {.subject = Subject::kSent, .ns = ns, .name = PacketName(event.packet) + " sent"};
  sent.track = ConnectionTrack(event.connection, *connection);
  sent.ns = connection->last_ns = std::max(ns, connection->last_ns + 1);
  sent.details.client = connection->client;
  sent.details.packets = event.value > 1 ? event.value : 0;
  if (thread.packet && thread.packet->type == kPublish && event.packet == kPublish) {
    thread.packet->details.copies += event.value;
    if (thread.packet->flows.size() < kMostFlows) thread.packet->flows.push_back(sent.flow = ++flows_);
  }
  sink_.Add(sent);
}

/// Whatever had this number before is gone.
void TimelineBuilder::OnOpened(const TraceEvent& event, std::int64_t ns) {
  connections_.erase(event.connection);
  Connection* connection = ConnectionOf(event.connection);
  if (connection == nullptr) return;
  connection->client = ClientIn(event);
  connection->opened_ns = connection->last_ns = ns;
  connection->was_open = event.value != 0;
}

void TimelineBuilder::OnClosed(const TraceEvent& event, std::int64_t ns) {
  const auto found = connections_.find(event.connection);
  if (found == connections_.end()) return;  // nothing but its end is known
  Connection& connection = found->second;
  Instant closed = {.subject = Subject::kConnection, .ns = std::max(ns, connection.last_ns + 1), .name = "closed"};
  closed.track = ConnectionTrack(event.connection, connection);
  closed.details.client = connection.client;
  sink_.Add(closed);
  connections_.erase(found);
}

void TimelineBuilder::OnRegion(std::uint32_t number, Thread& thread, const TraceEvent& event, std::int64_t ns,
                               std::int64_t live) {
  if (event.value > kDeepest) {
    ++passed_over_;
    return;
  }
  const bool is_entered = event.type == static_cast<std::uint8_t>(TraceType::kRegion);
  if (is_entered && event.value == 0) return;
  EndRegions(thread, is_entered ? event.value - 1 : event.value, ns, live, false);
  if (!is_entered) return;
  if (thread.regions_track == TrackId::kNone) {
    thread.regions_track = NewTrack({.parent = thread.track, .name = "regions of thread " + std::to_string(number)});
  }
  thread.regions[event.value] = {++thread.last_ns, live, TextIn(event)};
}

/// Those that are deeper than `depth`, the innermost first.
void TimelineBuilder::EndRegions(Thread& thread, std::uint64_t depth, std::int64_t ns, std::int64_t live,
                                 bool is_unfinished) {
  while (!thread.regions.empty() && thread.regions.rbegin()->first > depth) {
    const auto region = std::prev(thread.regions.end());
    Slice slice = {.track = thread.regions_track, .subject = Subject::kRegion};
    slice.begin_ns = region->second.begin_ns;
    slice.end_ns = thread.last_ns = std::max(ns, thread.last_ns + 1);
    slice.name = std::move(region->second.name);
    slice.live_growth = Difference(live, region->second.live);
    slice.details.is_unfinished = is_unfinished;
    thread.regions.erase(region);
    sink_.Add(slice);
  }
}

void TimelineBuilder::EndPacket(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished) {
  if (!thread.packet) return;
  OpenPacket packet = std::move(*thread.packet);
  thread.packet.reset();
  Slice slice = {.track = thread.track, .subject = Subject::kPacket};
  slice.begin_ns = packet.open.begin_ns;
  slice.end_ns = ns;
  slice.name = std::move(packet.open.name);
  slice.live_growth = Difference(live, packet.open.live);
  slice.flows = std::move(packet.flows);
  slice.details = std::move(packet.details);
  slice.details.is_unfinished = is_unfinished;
  sink_.Add(slice);
  TellOnConnection(packet.connection, std::move(slice));
}

/// Once more where its connection is looked at. Two threads may handle packets of one connection at a time: of that
/// only what follows each other is told there.
void TimelineBuilder::TellOnConnection(std::uint32_t number, Slice slice) {
  Connection* connection = ConnectionOf(number);
  if (connection == nullptr) return;
  slice.track = ConnectionTrack(number, *connection);
  slice.flows.clear();
  slice.begin_ns = std::max(slice.begin_ns, connection->slices_end_ns + 1);
  if (slice.begin_ns >= slice.end_ns) return;
  connection->slices_end_ns = slice.end_ns;
  connection->last_ns = std::max(connection->last_ns, slice.end_ns);
  sink_.Add(slice);
}

void TimelineBuilder::EndWait(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished) {
  if (!thread.wait) return;
  Slice slice = {.track = thread.track, .subject = Subject::kWait};
  slice.begin_ns = thread.wait->begin_ns;
  slice.end_ns = ns;
  slice.name = thread.wait->name;
  slice.live_growth = Difference(live, thread.wait->live);
  slice.details.is_unfinished = is_unfinished;
  thread.wait.reset();
  sink_.Add(slice);
}

void TimelineBuilder::EndThread(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished) {
  EndPacket(thread, ns, live, is_unfinished);
  EndWait(thread, ns, live, is_unfinished);
  EndRegions(thread, 0, ns, live, is_unfinished);
}

void TimelineBuilder::AddLiveBytes(std::int64_t ns, std::int64_t bytes) {
  if (ns <= live_ns_ || last_live_ == bytes) return;
  live_ns_ = ns;
  last_live_ = bytes;
  sink_.Add(Value{live_, ns, bytes});
}

void TimelineBuilder::AddGeneration(std::int64_t ns, std::uint64_t generation) {
  Tell(process_, Subject::kGeneration, ns, "generation begins", generation);
}

void TimelineBuilder::AddLoss(std::int64_t ns, std::uint64_t events) {
  Tell(process_, Subject::kLoss, ns, "events missed", events);
}

void TimelineBuilder::Finish(std::int64_t ns) {
  ns = std::max(ns, last_ns_ + 1);
  const std::int64_t live = last_live_.value_or(0);
  for (auto& [number, thread] : threads_) EndThread(thread, ns, live, true);
  for (auto& [number, connection] : connections_) (void)ConnectionTrack(number, connection);
  threads_.clear();
  connections_.clear();
}

}  // namespace mqtrack::timeline
