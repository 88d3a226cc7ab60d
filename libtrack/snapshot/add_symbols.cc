#include "libtrack/snapshot/add_symbols.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/profile/fact.h"
#include "libtrack/snapshot/code_names.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/snapshot/loaded_files.h"
#include "libtrack/symbolize/add_missing_names.h"

namespace mqtrack::snapshot {
namespace {

// More than this many remarks about modules would bury the other facts.
constexpr std::size_t kMostNotes = 4;  // files named in a note

bool SameFile(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// A process in a container or chroot has its files elsewhere: the kernel shows its root, as long as it runs.
std::string RootOf(std::int64_t pid, const profile::Profile& profile) {
  if (pid == 0 || profile.mappings.empty()) return {};
  const std::string root = "/proc/" + std::to_string(pid) + "/root";
  const std::string& program = profile.mappings.front().file;
  struct stat info {};
  if (program.empty() || program[0] != '/' || ::stat((root + program).c_str(), &info) != 0) return {};
  return SameFile(program, root + program) ? std::string() : root;
}

// One note a kind, naming the modules: a broker loads a dozen stripped libraries, and the reader has one thing to do.
void AddSymbolNotes(const symbolize::Report& report, profile::Profile& profile) {
  std::vector<std::pair<std::string, std::vector<std::string>>> kinds;  // what, and the files it is said of
  for (const symbolize::Report::ModuleNote& note : report.notes) {
    const std::string what = note.what.substr(0, note.what.find(" (build id"));
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& known) { return known.first == what; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {what, {}});
    kind->second.push_back(note.file);
  }
  for (const auto& [what, files] : kinds) {
    std::string text;
    for (std::size_t i = 0; i < files.size() && i < kMostNotes; ++i) text += (i == 0 ? "" : ", ") + files[i];
    if (files.size() > kMostNotes) text += " and " + std::to_string(files.size() - kMostNotes) + " more";
    AddFact(profile, profile::kNamesFact, text + ": " + what);
  }
}

}  // namespace

void AddSymbols(profile::Profile& profile, const symbolize::Options& options, std::int64_t running_pid,
                const std::vector<log::LogModule>& modules, std::int64_t recorded_since_ns) {
  symbolize::Options symbols = options;
  const bool is_elsewhere = !options.sysroot.empty();  // copies, which are younger
  if (symbols.sysroot.empty()) symbols.sysroot = RootOf(running_pid, profile);
  if (running_pid != 0) symbols.code_names = ReadCodeNames(static_cast<pid_t>(running_pid));
  AddLoadedFiles(profile, modules, static_cast<pid_t>(running_pid), is_elsewhere ? 0 : recorded_since_ns, symbols);
  AddSymbolNotes(symbolize::Symbolize(profile, symbols), profile);
}

void AddNamesLater(profile::Profile& profile, const symbolize::Options& options) {
  symbolize::Options symbols = options;
  symbols.by_build_id_only = true;
  const std::string said = std::string(profile::kFactPrefix) + std::string(profile::kNamesFact) + ": ";
  std::erase_if(profile.comments, [&](const std::string& comment) { return comment.starts_with(said); });
  AddSymbolNotes(symbolize::AddMissingNames(profile, symbols), profile);
}

}  // namespace mqtrack::snapshot
