// Events of a timeline, while a command asks for them (libtrack/log/trace_layout.h): a ring in the log that threads
// write to and never wait for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libtrack/log/trace_layout.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

struct TraceText {
  const char* data = nullptr;
  std::size_t bytes = 0;
};

/// What an event says besides when, and of which thread.
struct TraceNote {
  log::TraceType type = log::TraceType::kNone;
  std::uint8_t packet = 0;
  std::uint32_t connection = 0;
  std::uint64_t value = 0;
  TraceText client = {}, text = {};
};

/// Off until Start. Start and Stop are called while no other thread is in the recorder. All else may be called from any
/// thread and from signal handlers, keeps errno, allocates nothing, and never blocks.
class TraceRing {
 public:
  /// Nothing was asked of this log yet.
  void Start(LogFile& log);
  /// The log is no longer this process's to write.
  void Stop() { wanted_ = nullptr; }

  /// True while a command asks for events. One load beside that of where to look.
  [[nodiscard]] bool IsOn() const { return wanted_ != nullptr && LoadRelaxed(*wanted_) != 0; }

  // Only while IsOn was just true:
  /// Writes an event of the calling thread, or counts it as dropped.
  [[gnu::noinline]] void Write(const TraceNote& note);
  /// A heap block of `bytes`, which stands for `all_bytes` of a sampled recording, is there, or is there no more.
  [[gnu::noinline]] void BlockMade(std::uint64_t bytes, std::uint64_t all_bytes);
  [[gnu::noinline]] void BlockGone(std::uint64_t bytes, std::uint64_t all_bytes);

 private:
  [[nodiscard]] bool IsReady();
  [[nodiscard]] bool IsStillWanted(std::uint64_t now) const;
  [[nodiscard]] log::TraceEvent* Claim(std::uint64_t& position) const;

  // Where a command says so; null: nowhere. All is zero at first, so that it takes no room in the library's file.
  const std::uint32_t* wanted_ = nullptr;
  log::TraceControl* control_ = nullptr;
  LogFile* log_ = nullptr;
  log::TraceEvent* events_ = nullptr;  // published once they are there
  std::uint64_t count_ = 0;
  std::uint32_t is_making_ = 0;  // 1: a thread makes the ring, or has made it
};

}  // namespace mqtrack::recorder
