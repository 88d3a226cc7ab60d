#include "libtrack/stress/ready_scenarios.h"

#include <cstring>
#include <utility>

namespace mqtrack::stress {

const std::vector<ReadyScenario>& ReadyScenarios() {
  static const std::vector<ReadyScenario> scenarios = {
      {"connect-storm", "all clients connect within a second, and leave",
       R"({"groups":[{"name":"clients","clients":CLIENTS}],
"stages":[{"do":"connect","over":1},{"do":"wait","seconds":1},{"do":"disconnect","over":1}]})"},
      {"fan-in", "many clients publish, one subscribes",
       R"({"groups":[{"name":"sensors","clients":CLIENTS,"qos":1,"topic":"stress/in/{client}"},{"name":"sink","qos":1}],
"stages":[{"do":"connect","group":"sink"},{"do":"subscribe","group":"sink","filter":"stress/in/#"},{"do":"connect","over":1},
{"do":"publish","rate":RATE,"seconds":SECONDS},{"do":"disconnect"},{"do":"disconnect","group":"sink"}]})"},
      {"fan-out", "one client publishes, many subscribe",
       R"({"groups":[{"name":"source","qos":1,"topic":"stress/out"},{"name":"readers","clients":CLIENTS,"qos":1}],
"stages":[{"do":"connect","group":"readers","over":1},{"do":"subscribe","group":"readers","filter":"stress/out","over":1},
{"do":"connect"},{"do":"publish","rate":RATE,"seconds":SECONDS},{"do":"disconnect"},{"do":"disconnect","group":"readers"}]})"},
      {"churn", "clients come and go all the time",
       R"({"groups":[{"name":"clients","clients":CLIENTS}],
"stages":[{"do":"connect","over":1},{"do":"reconnect","rate":RATE,"seconds":SECONDS},{"do":"disconnect"}]})"},
      {"subscription-churn", "filters are subscribed and unsubscribed",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"qos":1}],
"stages":[{"do":"connect","over":1},{"do":"subscribe","over":1},{"do":"unsubscribe","over":1},{"do":"subscribe","over":1,"filter":"stress/+/{client}/#"},
{"do":"unsubscribe","over":1,"filter":"stress/+/{client}/#"},{"do":"disconnect"}]})"},
      {"offline-backlog", "sessions whose clients are gone queue messages, and are drained",
       R"({"groups":[{"name":"readers","clients":CLIENTS,"version":"5","clean":false,"session_expiry":3600,"qos":1},{"name":"source","qos":1,"topic":"stress/all"}],
"stages":[{"do":"connect","over":1},{"do":"subscribe","filter":"stress/all","over":1},{"do":"disconnect","over":1},{"do":"connect","group":"source"},
{"name":"backlog","do":"publish","group":"source","rate":RATE,"seconds":SECONDS},{"name":"drain","do":"connect","over":1},{"do":"wait","seconds":2},{"do":"unsubscribe","filter":"stress/all"},
{"do":"disconnect"},{"do":"disconnect","group":"source"}]})"},
      {"retained", "retained messages are set and cleared",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"qos":1,"topic":"stress/kept/{client}"}],
"stages":[{"do":"connect","over":1},{"name":"set","do":"publish","retain":true,"rate":RATE,"seconds":SECONDS},{"do":"clear","over":1},{"do":"disconnect"}]})"},
      {"qos2-half-open", "handshakes of QoS 2 that are never finished",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"qos":2,"answers":false}],
"stages":[{"do":"connect","over":1},{"do":"publish","rate":RATE,"seconds":SECONDS,"unfinished":true},{"do":"drop"}]})"},
      {"inflight-full", "subscribers that never answer",
       R"({"groups":[{"name":"source","qos":1,"topic":"stress/out"},{"name":"readers","clients":CLIENTS,"qos":1,"answers":false}],
"stages":[{"do":"connect","group":"readers","over":1},{"do":"subscribe","group":"readers","filter":"stress/out","over":1},{"do":"connect"},
{"do":"publish","rate":RATE,"seconds":SECONDS},{"do":"drop","group":"readers"},{"do":"disconnect"}]})"},
      {"will-storm", "clients with wills are all lost at once",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"will":true,"qos":1},{"name":"watcher","qos":1}],
"stages":[{"do":"connect","group":"watcher"},{"do":"subscribe","group":"watcher","filter":"stress/#"},{"do":"connect","over":1},{"do":"drop"},{"do":"wait","seconds":1},
{"do":"disconnect","group":"watcher"}]})"},
      {"takeover", "two clients of each id take each other over",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"same_id":2}],
"stages":[{"do":"connect","over":1},{"do":"reconnect","rate":RATE,"seconds":SECONDS},{"do":"drop"}]})"},
      {"slow-readers", "subscribers that read nothing",
       R"({"groups":[{"name":"source","topic":"stress/out","payload":1000},{"name":"readers","clients":CLIENTS,"reads":false}],
"stages":[{"do":"connect","group":"readers","over":1},{"do":"subscribe","group":"readers","filter":"stress/out","unfinished":true},{"do":"connect"},
{"do":"publish","rate":RATE,"seconds":SECONDS},{"do":"drop","group":"readers"},{"do":"disconnect"}]})"},
      {"reconnect-storm", "all clients are lost and come back within a second",
       R"({"groups":[{"name":"clients","clients":CLIENTS,"version":"5","clean":false,"session_expiry":60,"qos":1}],
"stages":[{"do":"connect","over":1},{"do":"subscribe","over":1},{"do":"drop"},{"name":"back","do":"connect","over":1},{"do":"unsubscribe"},{"do":"disconnect"}]})"},
      {"shared", "a group of subscribers shares the messages",
       R"({"groups":[{"name":"source","qos":1,"topic":"stress/out"},{"name":"members","clients":CLIENTS,"qos":1,"version":"5"}],
"stages":[{"do":"connect","group":"members","over":1},{"do":"subscribe","group":"members","filter":"$share/g/stress/out","over":1},{"do":"connect"},
{"do":"publish","rate":RATE,"seconds":SECONDS},{"do":"disconnect"},{"do":"disconnect","group":"members"}]})"},
  };
  return scenarios;
}

std::string ReadyJson(const std::string& name, std::int64_t clients, std::int64_t rate, std::int64_t seconds) {
  for (const ReadyScenario& one : ReadyScenarios()) {
    if (name != one.name) continue;
    std::string json = one.json;
    const std::pair<const char*, std::int64_t> numbers[] = {{"CLIENTS", clients}, {"RATE", rate}, {"SECONDS", seconds}};
    for (const auto& [mark, number] : numbers) {
      for (std::size_t at = 0; (at = json.find(mark, at)) != std::string::npos;)
        json.replace(at, std::strlen(mark), std::to_string(number));
    }
    return json;
  }
  return {};
}

}  // namespace mqtrack::stress
