#include "cli/orientation.h"

#include "cli/verbs.h"

namespace mqtrack::cli {

std::string Orientation() {
  std::string text = R"(mqtrack finds memory and resource leaks in MQTT services.

Five steps from a growing broker to the guilty line:

  1. Start the service under the recorder, or attach to one that runs. It runs
     as ever.
       mqtrack run -- mosquitto -c mosquitto.conf
       mqtrack attach mosquitto
  2. Take a snapshot while it serves its clients. Nothing stops.
       mqtrack snapshot mosquitto -o before.pb.gz
  3. Let the traffic flow that you suspect, then take another.
       mqtrack snapshot mosquitto -o after.pb.gz
  4. Read what grew: the first row names the function and the line.
       mqtrack diff before.pb.gz after.pb.gz
       mqtrack report after.pb.gz --base before.pb.gz --format flame -o leak.svg
  5. Fix it, and let CI keep it fixed: exit code 1 if it grows again.
       mqtrack gate --base before.pb.gz after.pb.gz --max-growth 64KiB

Verbs:
)";
  for (const Verb& verb : Verbs()) {
    text += "  " + verb.name + std::string(10 - verb.name.size(), ' ') + verb.summary + '\n';
  }
  text += R"(
Where a verb takes a TARGET, it may be a pid, the name of a recorded process,
a log, a snapshot or another heap profile (pprof, gperftools, jemalloc), or
the http(s) URL of a pprof endpoint.

mqtrack VERB --help explains a verb; mqtrack --version prints the version.
)";
  return text;
}

}  // namespace mqtrack::cli
