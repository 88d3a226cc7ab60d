// Facts about the process and the recording, which travel in a profile's comments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Prefix of the comments that carry facts, one per line: "mqtrack: <key>: <value>". Keys: format, target, command,
/// mode, process, recording, state, end (how the process ended, in words), elsewhere (may repeat), left_no_log, not_recorded_processes,
/// not_recorded_program (may repeat), inherited_bytes, no_allocation, sample_bytes, not_recorded, recorded_seconds,
/// losses, generation, lost_bytes, unmatched_frees, unseen_frees, unseen_call, lost_connections, connections_before,
/// mqtt_connections_before, queued_packets, websocket_connections, unread_tls_connections, packets_received,
/// packets_sent, uncounted_senders, mqtt_state, mqtt_state_gaps, mqtt_sys, mqtt_asked (may repeat),
/// mqtt_asked_all, mqtt_stalled, incomplete_stacks, rss_bytes, anonymous_bytes,
/// recorder_rss_bytes, live_heap_bytes, log_bytes, truncated_stacks, stood_still_nanoseconds (of a thread dump), cpu_way, cpu_used_nanoseconds,
/// difference (kDifferenceFact), names (may repeat), note (may repeat).
inline constexpr std::string_view kFactPrefix = "mqtrack: ";

/// What is to be said of the names of a profile's frames, such as which files had none.
inline constexpr std::string_view kNamesFact = "names";

/// MQTT packets since the recording began: "CONNECT=3 PUBLISH=500", or kNoPackets. Absent where nobody counted.
inline constexpr std::string_view kPacketsReceivedFact = "packets_received";
inline constexpr std::string_view kPacketsSentFact = "packets_sent";
inline constexpr std::string_view kNoPackets = "none";
/// Connections of whose sent packets some were not counted; absent if there are none.
inline constexpr std::string_view kUncountedSendersFact = "uncounted_senders";
/// What a broker has to hold: "connected=10 sessions=50 retained=500 …". Absent of what is no broker.
inline constexpr std::string_view kMqttStateFact = "mqtt_state";
/// Why these figures are not complete, a word for each reason; absent if they are.
inline constexpr std::string_view kMqttStateGapsFact = "mqtt_state_gaps";
/// What the broker says of itself below $SYS: "uptime_seconds=60 stored=500 …". Absent if nobody asked it.
inline constexpr std::string_view kMqttSysFact = "mqtt_sys";

/// What clients have asked a broker for, as labels show it, a fact for each filter: "pumps/# away=1 stalled=0
/// connected=2 pump7": clients that are gone while their sessions are kept, those that do not take what is sent to
/// them, all others; and names of the first two, three at most. Texts are AsWord. kMqttAskedAllFact: nobody waits whom
/// these do not name.
inline constexpr std::string_view kMqttAskedFact = "mqtt_asked", kMqttAskedAllFact = "mqtt_asked_all";
/// Clients that do not take what is sent to them: words.
inline constexpr std::string_view kMqttStalledFact = "mqtt_stalled";

/// How the heap was looked at: kLooksForOwners of a profile whose samples all say whose they are in the label
/// kOwnerLabel, kLooksForLost of one that holds what is lost and nothing else.
inline constexpr std::string_view kHeapLookFact = "heap_look";
inline constexpr std::string_view kLooksForOwners = "owners", kLooksForLost = "lost";
inline constexpr std::string_view kOwnerLabel = "owner", kLostOwner = "lost";

/// A text as one word of a fact: blanks, control characters and '%' become %20 and the like.
[[nodiscard]] std::string AsWord(std::string_view text);
/// What AsWord was given; of anything else something like it.
[[nodiscard]] std::string FromWord(std::string_view word);

/// Appends "mqtrack: <key>: <value>". Control characters of the value become '?', so that no process name can fake
/// another fact.
void AddFact(Profile& profile, std::string_view key, const std::string& value);

/// Every value of the fact `key`, in order.
[[nodiscard]] std::vector<std::string> FindFacts(const Profile& profile, std::string_view key);

/// The value of the fact `key`, if present; of one that repeats, the first.
[[nodiscard]] std::optional<std::string> FindFact(const Profile& profile, std::string_view key);

}  // namespace mqtrack::profile
