// How fast addresses become names, against the symbolizers of binutils, elfutils and LLVM in the same run.
//
// Input of the last line: COUNT distinct addresses (default 100,000), evenly over the code of this program (all of its
// own DWARF, C++ with inlining), of libc, libstdc++ and the broker: what a snapshot of a C++ MQTT service holds. The
// comparisons before it are per module, since a peer takes one file, of the same up to 2,000 addresses for all. Usage:
// symbolize_bench [COUNT]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "libtrack/support/file.h"
#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/symbolizer.h"

namespace {

using mqtrack::profile::MappingId;
using mqtrack::profile::Profile;

// Peers take minutes for what we do in seconds; each comparison is of equal work, only less of it.
constexpr std::size_t kComparedAddresses = 2000;
constexpr std::uint64_t kModuleSpan = std::uint64_t{1} << 32;

struct Module {
  std::string path;
  std::uint64_t code_start = 0, code_end = 0;
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::vector<Module> FindModules() {
  std::vector<Module> modules;
  for (const std::string& path :
       {std::filesystem::read_symlink("/proc/self/exe").string(), std::string("/usr/lib/x86_64-linux-gnu/libc.so.6"),
        std::string("/usr/lib/x86_64-linux-gnu/libstdc++.so.6"), std::string("/usr/sbin/mosquitto")}) {
    const auto file = mqtrack::symbolize::ElfFile::Open(path);
    GElf_Shdr text;
    if (file.ok() && file->SectionData(".text", &text) != nullptr) {
      modules.push_back({path, text.sh_addr, text.sh_addr + text.sh_size});
    }
  }
  return modules;
}

std::vector<std::uint64_t> AddressesIn(const Module& module, std::size_t count) {
  std::vector<std::uint64_t> addresses;
  const std::uint64_t bytes = module.code_end - module.code_start;
  for (std::size_t i = 0; i < count && i < bytes; ++i) addresses.push_back(module.code_start + bytes * i / count);
  return addresses;
}

/// Adds `addresses` of `module` as if it were mapped from its first byte.
void AddTo(Profile& profile, const Module& module, const std::vector<std::uint64_t>& addresses) {
  const auto id = static_cast<MappingId>(profile.mappings.size());
  const std::uint64_t start = kModuleSpan * (profile.mappings.size() + 1);
  profile.mappings.push_back({.start = start, .limit = start + kModuleSpan, .file = module.path, .build_id = {}});
  for (const std::uint64_t address : addresses) {
    profile.locations.push_back({.mapping = id, .address = start + address, .lines = {}});
  }
}

/// Seconds that `command` takes with the addresses on its standard input; negative if it is not installed.
double RunPeer(const std::string& command, const std::vector<std::uint64_t>& addresses) {
  const std::string program = command.substr(0, command.find(' '));
  if (std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) != 0) return -1;
  const std::string input =
      (std::filesystem::temp_directory_path() / "mqtrack-bench-").string() + std::to_string(::getpid());
  std::string text;
  char line[32];
  for (const std::uint64_t address : addresses) {
    std::snprintf(line, sizeof line, "0x%" PRIx64 "\n", address);
    text += line;
  }
  if (!mqtrack::support::WriteFile(input, text).ok()) return -1;
  const auto begin = std::chrono::steady_clock::now();
  const int status = std::system((command + " < '" + input + "' > /dev/null 2>&1").c_str());
  const double seconds = Seconds(begin);
  std::filesystem::remove(input);
  return status == 0 ? seconds : -1;
}

void Compare(const Module& module, const std::vector<std::uint64_t>& addresses) {
  Profile profile;
  AddTo(profile, module, addresses);
  const auto begin = std::chrono::steady_clock::now();
  const auto report = mqtrack::symbolize::Symbolize(profile);
  const double ours = Seconds(begin);
  std::printf("%s: %zu addresses, %zu named, %zu with a line: %.3f s\n", module.path.c_str(), report.addresses,
              report.with_function, report.with_line, ours);
  for (const char* peer : {"addr2line -f -i -C -e ", "eu-addr2line -f -i -C -e ", "llvm-symbolizer --inlines --obj="}) {
    const double seconds = RunPeer(peer + ("'" + module.path + "'"), addresses);
    const std::string name = std::string(peer).substr(0, std::string(peer).find(' '));
    if (seconds < 0) {
      std::printf("  %-16s did not run\n", name.c_str());
    } else {
      std::printf("  %-16s %.3f s, %.1f times ours\n", name.c_str(), seconds, seconds / ours);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<Module> modules = FindModules();
  if (modules.empty() || count < modules.size()) return 2;
  Profile all;
  for (const Module& module : modules) {
    const std::vector<std::uint64_t> addresses = AddressesIn(module, count / modules.size());
    Compare(module, AddressesIn(module, std::min(kComparedAddresses, count / modules.size())));
    AddTo(all, module, addresses);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto report = mqtrack::symbolize::Symbolize(all);
  std::printf("all modules: %zu distinct addresses, %zu functions: %.3f s\n", report.addresses, all.functions.size(),
              Seconds(begin));
  return report.with_function > 0 && report.with_line > 0 ? 0 : 1;
}
