#include "libtrack/attach/remote/remote_memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "libtrack/support/file.h"

namespace mqtrack::attach {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

bool ParseMapping(const std::string& line, Mapping& mapping) {
  std::istringstream words(line);
  std::string range, rights, offset, device, inode;
  if (!(words >> range >> rights >> offset >> device >> inode) || rights.size() < 4) return false;
  const std::size_t dash = range.find('-');
  if (dash == std::string::npos) return false;
  const auto hex = [](std::string_view text, std::uint64_t& value) {
    return std::from_chars(text.data(), text.data() + text.size(), value, 16).ec == std::errc();
  };
  if (!hex(std::string_view(range).substr(0, dash), mapping.start) ||
      !hex(std::string_view(range).substr(dash + 1), mapping.end) || !hex(offset, mapping.offset))
    return false;
  mapping.readable = rights[0] == 'r';
  mapping.writable = rights[1] == 'w';
  mapping.executable = rights[2] == 'x';
  words >> std::ws;
  std::getline(words, mapping.path);
  return true;
}

}  // namespace

Result<std::vector<Mapping>> ReadMappings(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/maps";
  const Result<std::string> text = support::ReadFile(path);
  if (!text) return text.error();
  std::vector<Mapping> mappings;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (ParseMapping(line, mapping)) mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::size_t RemoteMemory::ReadSome(std::uint64_t address, void* into, std::size_t bytes) const {
  const iovec local{into, bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

bool RemoteMemory::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  return ReadSome(address, into, bytes) == bytes;
}

bool RemoteMemory::Write(std::uint64_t address, const void* from, std::size_t bytes) const {
  const iovec local{const_cast<void*>(from), bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};
  return ::process_vm_writev(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

bool RemoteMemory::WriteCode(std::uint64_t address, const void* from, std::size_t bytes) const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/mem";
  const support::FileHandle file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  return file.valid() && ::pwrite(file.get(), from, bytes, static_cast<off_t>(address)) == static_cast<ssize_t>(bytes);
}

}  // namespace mqtrack::attach
