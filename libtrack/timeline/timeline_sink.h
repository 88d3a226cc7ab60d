// A timeline as those see it who write it down: tracks, and on them slices, instants and values. It is told piece by
// piece, so that a sink needs no memory for all of it; not in order of time, since a slice is told of when it has
// ended.
//
// Slices of one track nest or follow each other, and no two of a track begin or end at the same time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mqtrack::timeline {

enum class TrackId : std::uint64_t { kNone = 0 };

struct Track {
  enum class Kind { kProcess, kThread, kLane, kCounter };
  TrackId id{};
  TrackId parent{};  // kNone: of none
  Kind kind = Kind::kLane;
  std::string name = {};
  std::int64_t pid = 0, tid = 0;  // of a process or thread
  bool is_bytes = false;          // of a counter
};

/// What a slice or an instant is about.
enum class Subject { kPacket, kWait, kRegion, kSent, kThread, kConnection, kHeap, kTimer, kGeneration, kLoss };
/// In one word: "packet".
[[nodiscard]] const char* SubjectName(Subject subject);

/// What is known of it; what is 0 or empty is left out.
struct Details {
  std::string client = {}, topic = {};
  std::uint64_t packets = 0;   // that came or went together, if more than one
  std::uint64_t copies = 0;    // PUBLISH packets written while this one was handled
  std::uint64_t value = 0;     // bytes of a block, expirations of a timer, number of a generation, events lost
  bool is_unfinished = false;  // it had not ended when the timeline did
};

struct Slice {
  TrackId track{};
  Subject subject{};
  std::int64_t begin_ns = 0, end_ns = 0;
  std::string name = {};
  std::int64_t live_growth = 0;           // of the process's heap meanwhile, in bytes
  std::vector<std::uint64_t> flows = {};  // each leads to an instant that has it too
  Details details = {};
};

struct Instant {
  TrackId track{};
  Subject subject{};
  std::int64_t ns = 0;
  std::string name = {};
  std::uint64_t flow = 0;  // 0: none
  Details details = {};
};

struct Value {
  TrackId track{};
  std::int64_t ns = 0;
  std::int64_t value = 0;
};

class TimelineSink {
 public:
  TimelineSink() = default;
  TimelineSink(const TimelineSink&) = delete;
  TimelineSink& operator=(const TimelineSink&) = delete;
  virtual ~TimelineSink() = default;
  /// A track is told of once, before anything on it and after its parent.
  virtual void Add(const Track& track) = 0;
  virtual void Add(const Slice& slice) = 0;
  virtual void Add(const Instant& instant) = 0;
  virtual void Add(const Value& value) = 0;
};

/// Tells several sinks, which outlive it.
class TimelineTee final : public TimelineSink {
 public:
  void To(TimelineSink& sink) { sinks_.push_back(&sink); }
  void Add(const Track& track) override { ForAll(track); }
  void Add(const Slice& slice) override { ForAll(slice); }
  void Add(const Instant& instant) override { ForAll(instant); }
  void Add(const Value& value) override { ForAll(value); }

 private:
  template <typename What>
  void ForAll(const What& what) {
    for (TimelineSink* sink : sinks_) sink->Add(what);
  }
  std::vector<TimelineSink*> sinks_;
};

}  // namespace mqtrack::timeline
