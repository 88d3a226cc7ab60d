#include "libtrack/procfs/unsent_bytes.h"

#include <cinttypes>
#include <cstdio>
#include <sstream>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {

std::map<std::string, std::int64_t> UnsentBytes(std::int64_t pid) {
  std::map<std::string, std::int64_t> unsent;
  for (const char* table : {"tcp", "tcp6"}) {
    const auto content = support::ReadFile("/proc/" + std::to_string(pid) + "/net/" + table);
    if (!content) continue;
    std::istringstream lines(*content);
    for (std::string line; std::getline(lines, line);) {
      unsigned state = 0;
      std::uint64_t bytes = 0, inode = 0;
      // Number, addresses, state, tx_queue:rx_queue, timer, retransmits, user, timeout, inode.
      if (std::sscanf(line.c_str(), " %*u: %*s %*s %x %" SCNx64 ":%*x %*s %*s %*s %*s %" SCNu64, &state, &bytes,
                      &inode) != 3)
        continue;
      constexpr unsigned kListening = 0x0a;  // where it is the length of the queue of connections
      if (state != kListening && bytes != 0)
        unsent["socket:[" + std::to_string(inode) + "]"] = static_cast<std::int64_t>(bytes);
    }
  }
  return unsent;
}

}  // namespace mqtrack::procfs
