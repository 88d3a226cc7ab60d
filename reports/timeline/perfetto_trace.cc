#include "reports/timeline/perfetto_trace.h"

#include <protozero/pbf_writer.hpp>
#include <string_view>

#include "libtrack/support/utf8.h"

namespace mqtrack::reports {
namespace {

using protozero::pbf_writer;
using timeline::Details;
using timeline::Instant;
using timeline::Slice;
using timeline::Track;
using timeline::Value;

// Field numbers of protos/perfetto/trace: trace.proto, trace_packet.proto, track_event/*.proto.
namespace field {
constexpr protozero::pbf_tag_type kTracePacket = 1;
constexpr protozero::pbf_tag_type kPacketTimestamp = 8, kPacketSequence = 10, kPacketTrackEvent = 11, kPacketFlags = 13,
                                  kPacketTrackDescriptor = 60;
constexpr protozero::pbf_tag_type kTrackUuid = 1, kTrackName = 2, kTrackProcess = 3, kTrackThread = 4, kTrackParent = 5,
                                  kTrackCounter = 8;
constexpr protozero::pbf_tag_type kProcessPid = 1, kProcessName = 6;
constexpr protozero::pbf_tag_type kThreadPid = 1, kThreadTid = 2, kThreadName = 5;
constexpr protozero::pbf_tag_type kCounterUnit = 3;
constexpr protozero::pbf_tag_type kEventAnnotation = 4, kEventType = 9, kEventTrack = 11, kEventCategory = 22,
                                  kEventName = 23, kEventCounter = 30, kEventFlow = 47;
constexpr protozero::pbf_tag_type kAnnotationBool = 2, kAnnotationUnsigned = 3, kAnnotationSigned = 4,
                                  kAnnotationString = 6, kAnnotationName = 10;
}  // namespace field

constexpr std::uint32_t kSequence = 1;
constexpr std::uint32_t kStateCleared = 1;                                // SEQ_INCREMENTAL_STATE_CLEARED
constexpr std::int32_t kCount = 2, kBytes = 3;                            // CounterDescriptor.Unit
constexpr std::int32_t kBegin = 1, kEnd = 2, kInstant = 3, kCounter = 4;  // TrackEvent.Type

void AddText(pbf_writer& message, protozero::pbf_tag_type tag, const std::string& text) {
  message.add_string(tag, support::IsUtf8(text) ? text : support::ToUtf8(text));
}

/// One TracePacket with a TrackEvent.
class Event {
 public:
  Event(timeline::TrackId track, std::int64_t ns, std::int32_t type) : packet_(bytes_), event_(event_bytes_) {
    packet_.add_uint64(field::kPacketTimestamp, static_cast<std::uint64_t>(ns));
    packet_.add_uint32(field::kPacketSequence, kSequence);
    event_.add_int32(field::kEventType, type);
    event_.add_uint64(field::kEventTrack, static_cast<std::uint64_t>(track));
  }
  void Describe(timeline::Subject subject, const std::string& name) {
    event_.add_string(field::kEventCategory, timeline::SubjectName(subject));
    AddText(event_, field::kEventName, name);
  }
  void Counts(std::int64_t value) { event_.add_int64(field::kEventCounter, value); }
  void Flows(std::uint64_t flow) { event_.add_fixed64(field::kEventFlow, flow); }
  void Annotate(const Details& details) {
    Annotate("client", details.client);
    Annotate("topic", details.topic);
    Annotate("packets", details.packets);
    Annotate("copies", details.copies);
    Annotate("value", details.value);
    if (!details.is_unfinished) return;
    pbf_writer annotation = Annotation("unfinished");
    annotation.add_bool(field::kAnnotationBool, true);
  }
  void Annotate(const char* name, std::int64_t value) {
    if (value == 0) return;
    pbf_writer annotation = Annotation(name);
    annotation.add_int64(field::kAnnotationSigned, value);
  }
  std::string Take() {
    packet_.add_message(field::kPacketTrackEvent, event_bytes_);
    return std::move(bytes_);
  }

 private:
  pbf_writer Annotation(const char* name) {
    pbf_writer annotation(event_, field::kEventAnnotation);
    annotation.add_string(field::kAnnotationName, name);
    return annotation;
  }
  void Annotate(const char* name, const std::string& text) {
    if (text.empty()) return;
    pbf_writer annotation = Annotation(name);
    AddText(annotation, field::kAnnotationString, text);
  }
  void Annotate(const char* name, std::uint64_t value) {
    if (value == 0) return;
    pbf_writer annotation = Annotation(name);
    annotation.add_uint64(field::kAnnotationUnsigned, value);
  }

  std::string bytes_, event_bytes_;
  pbf_writer packet_, event_;
};

}  // namespace

void PerfettoTrace::Write(const std::string& packet) {
  std::string bytes;
  pbf_writer(bytes).add_message(field::kTracePacket, packet);
  output_.Append(bytes);
}

void PerfettoTrace::Add(const Track& track) {
  std::string packet;
  {
    pbf_writer out(packet);
    out.add_uint32(field::kPacketSequence, kSequence);
    if (!has_begun_) out.add_uint32(field::kPacketFlags, kStateCleared);
    pbf_writer descriptor(out, field::kPacketTrackDescriptor);
    descriptor.add_uint64(field::kTrackUuid, static_cast<std::uint64_t>(track.id));
    AddText(descriptor, field::kTrackName, track.name);
    if (track.parent != timeline::TrackId::kNone)
      descriptor.add_uint64(field::kTrackParent, static_cast<std::uint64_t>(track.parent));
    if (track.kind == Track::Kind::kProcess) {
      pbf_writer process(descriptor, field::kTrackProcess);
      process.add_int32(field::kProcessPid, static_cast<std::int32_t>(track.pid));
      AddText(process, field::kProcessName, track.name);
    } else if (track.kind == Track::Kind::kThread) {
      pbf_writer thread(descriptor, field::kTrackThread);
      thread.add_int32(field::kThreadPid, static_cast<std::int32_t>(track.pid));
      thread.add_int32(field::kThreadTid, static_cast<std::int32_t>(track.tid));
      AddText(thread, field::kThreadName, track.name);
    } else if (track.kind == Track::Kind::kCounter) {
      pbf_writer counter(descriptor, field::kTrackCounter);
      counter.add_int32(field::kCounterUnit, track.is_bytes ? kBytes : kCount);
    }
  }
  has_begun_ = true;
  Write(packet);
}

void PerfettoTrace::Add(const Slice& slice) {
  Event begin(slice.track, slice.begin_ns, kBegin);
  begin.Describe(slice.subject, slice.name);
  for (const std::uint64_t flow : slice.flows) begin.Flows(flow);
  begin.Annotate(slice.details);
  begin.Annotate("live_growth", slice.live_growth);
  Write(begin.Take());
  Write(Event(slice.track, slice.end_ns, kEnd).Take());
}

void PerfettoTrace::Add(const Instant& instant) {
  Event event(instant.track, instant.ns, kInstant);
  event.Describe(instant.subject, instant.name);
  if (instant.flow != 0) event.Flows(instant.flow);
  event.Annotate(instant.details);
  Write(event.Take());
}

void PerfettoTrace::Add(const Value& value) {
  Event event(value.track, value.ns, kCounter);
  event.Counts(value.value);
  Write(event.Take());
}

}  // namespace mqtrack::reports
