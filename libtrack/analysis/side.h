// What is known about one input of a table or of the gate: which process, when, how well it was recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/elsewhere.h"
#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/analysis/workload/sys_figures.h"
#include "libtrack/analysis/workload/work_done.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// A process's memory when the snapshot was taken. -1: not known.
struct Memory {
  std::int64_t resident = -1;   // all of it, as the kernel counts
  std::int64_t anonymous = -1;  // resident and in no file, without the recorder's: heap, stacks, mappings
  std::int64_t recorder = -1;   // resident, of the recorder's log and library
  std::int64_t live_heap = -1;  // live heap blocks, whatever was filtered since
  std::int64_t room = -1;       // how much more fits below the tightest limit
  std::string room_of = {};     // whose limit that is: "cgroup /system.slice/x", "the machine"
};

/// Facts of one profile, for headings and for the gate's refusals. Missing facts are empty or zero.
struct Side {
  std::string program;          // base name of the main binary
  std::string build_id;         // of the main binary
  std::string target;           // as the recorder names the process, e.g. "mosquitto (pid 4711)"
  std::string process;          // which one, the same for all its snapshots wherever they are taken; empty: not known
  std::string recording;        // which of that process, if the recorder came into it more than once; empty: not known
  std::string state;            // of that process then: "detached", "ended", "dead" …; empty: recorded, or not known
  std::int64_t time_nanos = 0;  // since the epoch; 0 unknown
  std::int64_t sample_bytes = 0;  // mean sampling distance; 0: every block was recorded
  std::int64_t losses = 0;        // events the recorder could not keep; -1: unreadable
  std::int64_t lost_bytes = 0;
  std::int64_t stacks = 0;            // samples with a stack from our recorder
  std::int64_t one_frame_stacks = 0;  // of these, those that ended after one frame because no more could be proved
  std::int64_t lost_connections = 0;  // MQTT connections not followed: what they caused has no labels; -1: unreadable
  std::int64_t unseen_frees = 0;      // blocks known to have been given back past the recorder; -1: unreadable
  std::int64_t generation = -1;       // snapshots taken before, of this recording; -1: not known
  std::int64_t left_no_log = 0;       // processes of the same run that ended so soon that they left no log
  std::int64_t not_recorded_processes = 0;         // and those that could have none; -1: unreadable
  std::vector<std::string> not_recorded_programs;  // names of some of these
  std::vector<ElsewhereProcess> elsewhere;         // recorded ones of the same run whose figures are not in the profile
  // Other reasons why labels of MQTT packets may be missing: how often; -1: unreadable.
  std::int64_t connections_before = 0;       // open when the recorder was attached, MQTT or not
  std::int64_t mqtt_connections_before = 0;  // of these, those that turned out to be MQTT
  std::int64_t queued_packets = 0;           // that were put into a queue, or that another thread handles
  std::int64_t websocket_connections = 0;    // MQTT or not
  std::int64_t unread_tls_connections = 0;   // by a TLS library that is not followed
  Memory memory;
  WorkDone work;
  BrokerState broker;
  SysFigures sys;
  std::string unseen_call;  // "mallocx in bridge": an allocator's own function that is called past it; or ""
};

[[nodiscard]] Side DescribeSide(const profile::Profile& profile);

/// What to tell the user where most stacks end after one frame: what, why probably, what to do. Empty: they do not.
[[nodiscard]] std::string ShallowStacks(const Side& side);

/// False if the two are known to be of two processes.
[[nodiscard]] bool MayBeOfOneProcess(const Side& base, const Side& newer);

}  // namespace mqtrack::analysis
