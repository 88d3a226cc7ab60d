#include "libtrack/procfs/open_descriptors.h"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <unordered_map>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSocket = "socket:[";

std::optional<OpenDescriptors> ListFolder(const std::string& folder) {
  OpenDescriptors open;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error) return std::nullopt;
  for (const fs::directory_iterator end; entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::uint64_t number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec != std::errc()) continue;
    std::error_code closed;  // meanwhile
    const fs::path target = fs::read_symlink(entry->path(), closed);
    if (!closed) open.emplace(number, target.string());
    if (error) return std::nullopt;
  }
  return open;
}

// One table of /proc/PID/net: every line is a socket, whose inode is a certain word of it.
void ReadSocketTable(const std::string& path, std::size_t inode_word, const char* kind,
                     std::unordered_map<std::string, std::string>& kinds) {
  const auto table = support::ReadFile(path);
  if (!table) return;
  std::istringstream lines(*table);
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    for (std::size_t i = 0; i <= inode_word; ++i) words >> word;
    if (words) kinds.emplace(word, kind);
  }
}

std::unordered_map<std::string, std::string> SocketKinds(std::int64_t pid) {
  std::unordered_map<std::string, std::string> kinds;  // by inode
  const std::string net = "/proc/" + std::to_string(pid) + "/net/";
  ReadSocketTable(net + "tcp", 9, "tcp", kinds);
  ReadSocketTable(net + "tcp6", 9, "tcp", kinds);
  ReadSocketTable(net + "udp", 9, "udp", kinds);
  ReadSocketTable(net + "udp6", 9, "udp", kinds);
  ReadSocketTable(net + "unix", 6, "unix", kinds);
  return kinds;
}

std::string KindOf(const std::string& target, const std::unordered_map<std::string, std::string>& sockets) {
  if (target.starts_with(kSocket)) {
    const auto known = sockets.find(target.substr(kSocket.size(), target.size() - kSocket.size() - 1));
    return known != sockets.end() ? known->second : "other";
  }
  if (target.starts_with("/")) return "file";
  if (target.starts_with("pipe:[")) return "pipe";
  if (target == "anon_inode:[eventpoll]") return "epoll";
  if (target == "anon_inode:[eventfd]") return "eventfd";
  if (target == "anon_inode:[timerfd]") return "timerfd";
  return "other";
}

}  // namespace

std::optional<OpenDescriptors> ListOpenDescriptors(std::int64_t pid) { return ListFolder(SharedFolder(pid) + "/fd"); }

std::vector<std::string> KindsOfDescriptors(std::int64_t pid, const std::vector<std::string>& targets) {
  std::unordered_map<std::string, std::string> sockets;
  for (const std::string& target : targets) {
    if (!target.starts_with(kSocket)) continue;
    sockets = SocketKinds(pid);
    break;
  }
  std::vector<std::string> kinds;
  for (const std::string& target : targets) kinds.push_back(KindOf(target, sockets));
  return kinds;
}

}  // namespace mqtrack::procfs
