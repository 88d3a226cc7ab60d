// The recorder's events become a timeline: what each thread handled and waited for, what each connection said, and how
// the heap went. Keeps what is open now, never what is over.
//
// A packet is a slice on the track of the thread that has read it, and on its connection's, from its last byte on until
// the thread waits, reads on, or shows otherwise that it has gone on to something else. A wait lasts from the call on
// until the next that is heard of the thread, and so may seem longer than it was. Regions have a track of their own
// below their thread's, since one may begin in a packet and end in another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/log/trace_layout.h"
#include "libtrack/timeline/timeline_sink.h"

namespace mqtrack::timeline {

struct BuilderOptions {
  std::int64_t pid = 0;
  std::string process_name;
  std::int64_t live_base = 0;  // TraceSession::LiveBase
  /// What a thread is called; may be empty. Asked once for each.
  std::function<std::string(std::uint32_t thread)> thread_name;
};

/// Not thread-safe. `sink` outlives it.
class TimelineBuilder {
 public:
  /// Copies of one PUBLISH that arrows lead to; further ones are counted only.
  static constexpr std::size_t kMostFlows = 256;
  /// Threads and connections that are known at a time; events of further ones are passed over.
  static constexpr std::size_t kMostThreads = 65536, kMostConnections = 131072;
  /// Regions inside of each other.
  static constexpr std::uint64_t kDeepest = 64;

  TimelineBuilder(TimelineSink& sink, BuilderOptions options);

  /// The next event, in the order of the ring.
  void Add(const log::TraceEvent& event);
  // What the command itself sees, by the clock of the events:
  void AddLiveBytes(std::int64_t ns, std::int64_t bytes);
  void AddGeneration(std::int64_t ns, std::uint64_t generation);
  void AddLoss(std::int64_t ns, std::uint64_t events);
  /// Ends what is open, at the time of the last event or at `ns`, whichever is later.
  void Finish(std::int64_t ns);

  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Events that make no sense, or came from more threads or connections than are kept.
  [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }
  [[nodiscard]] std::int64_t last_ns() const { return last_ns_; }

 private:
  struct Open {
    std::int64_t begin_ns = 0;
    std::int64_t live = 0;
    std::string name;
  };
  struct OpenPacket {
    Open open;
    std::uint8_t type = 0;
    std::uint32_t connection = 0;
    std::vector<std::uint64_t> flows;
    Details details;
  };
  struct Thread {
    TrackId track{}, regions_track{};
    std::int64_t last_ns = 0;
    std::optional<OpenPacket> packet;
    std::optional<Open> wait;
    std::map<std::uint64_t, Open> regions;  // by depth
  };
  struct Connection {
    TrackId track{};
    std::string client;
    std::int64_t last_ns = 0, slices_end_ns = 0;  // of what was told on its track
    std::optional<std::int64_t> opened_ns;        // still to be told, once it is known whose it is
    bool was_open = false;
  };

  [[nodiscard]] static bool IsSound(const log::TraceEvent& event);
  [[nodiscard]] Thread* ThreadOf(std::uint32_t number);
  [[nodiscard]] Connection* ConnectionOf(std::uint32_t number);
  [[nodiscard]] TrackId ConnectionTrack(std::uint32_t number, Connection& connection);
  void TellOnConnection(std::uint32_t number, Slice slice);
  [[nodiscard]] TrackId NewTrack(Track track);
  void EndPacket(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished);
  void EndWait(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished);
  void EndRegions(Thread& thread, std::uint64_t depth, std::int64_t ns, std::int64_t live, bool is_unfinished);
  void OnPacket(Thread& thread, const log::TraceEvent& event, std::int64_t ns, std::int64_t live);
  void OnSent(Thread& thread, const log::TraceEvent& event, std::int64_t ns);
  void OnOpened(const log::TraceEvent& event, std::int64_t ns);
  void OnClosed(const log::TraceEvent& event, std::int64_t ns);
  void OnRegion(std::uint32_t number, Thread& thread, const log::TraceEvent& event, std::int64_t ns, std::int64_t live);
  void Tell(TrackId track, Subject subject, std::int64_t ns, std::string name, std::uint64_t value);
  void EndThread(Thread& thread, std::int64_t ns, std::int64_t live, bool is_unfinished);

  TimelineSink& sink_;
  BuilderOptions options_;
  TrackId process_{}, live_{};
  std::uint64_t tracks_ = 0, flows_ = 0;
  std::map<std::uint32_t, Thread> threads_;
  std::unordered_map<std::uint32_t, Connection> connections_;
  std::optional<std::int64_t> last_live_;
  std::int64_t live_ns_ = 0, last_ns_ = 0;
  std::uint64_t events_ = 0, passed_over_ = 0;
};

/// "PUBLISH"; "(several)" of packets of different types that one read or write completed.
[[nodiscard]] std::string PacketName(std::uint8_t type);

}  // namespace mqtrack::timeline
