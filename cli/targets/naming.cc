#include "cli/targets/naming.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "libtrack/symbolize/debian_packages.h"
#include "libtrack/symbolize/elf_file.h"

namespace mqtrack::cli {
namespace {

using Module = symbolize::NameCoverage::Module;

constexpr std::size_t kMostShown = 6;  // files in one line

std::string Count(std::size_t number) { return support::FormatCount(static_cast<std::int64_t>(number)); }

std::string Missing(const std::vector<Module>& lacking) {
  std::string text;
  for (std::size_t i = 0; i < lacking.size() && i < kMostShown; ++i) {
    const Module& module = lacking[i];
    text += (i == 0 ? "" : ", ") + module.file + " ";
    text += module.build_id.empty() ? "(recorded without a build id)" : module.build_id;
    if (module.nameless > 0) text += " (" + Count(module.nameless) + " without a name)";
  }
  if (lacking.size() > kMostShown) text += " and " + Count(lacking.size() - kMostShown) + " more";
  return text;
}

/// The files whose very build lies below the root: its packages then have the fitting debug symbols.
std::vector<std::string> FilesHere(const std::vector<Module>& lacking, const std::string& root) {
  std::vector<std::string> files;
  for (const Module& module : lacking) {
    if (module.build_id.empty() || !module.file.starts_with('/')) continue;
    const auto file = symbolize::ElfFile::Open(root + module.file);
    if (file && file->build_id() == module.build_id) files.push_back(module.file);
  }
  return files;
}

std::string PackagesSentence(const std::string& root, const std::set<std::string>& packages) {
  std::string command = root.empty() ? "apt-get install" : "apt-get download";
  for (const std::string& package : packages) command += " " + package;
  const std::string suite = symbolize::DebugSuite(root);
  if (!suite.empty()) command += " (suite " + suite + " of Debian's archive of debug symbols)";
  return root.empty() ? command : command + ", unpacked with dpkg -x into a folder for --debug-dir";
}

}  // namespace

void PrintCoverage(const symbolize::NameCoverage& coverage, const symbolize::Options& options,
                   const Messages& messages) {
  messages.Note("named " + Count(coverage.named) + " of " + Count(coverage.frames) + " frames, " +
                Count(coverage.with_line) + " of them with file and line");
  if (coverage.lacking.empty()) return;
  messages.Note("build ids missing: " + Missing(coverage.lacking));
  const std::vector<std::string> here = FilesHere(coverage.lacking, options.sysroot);
  std::set<std::string> packages;
  std::set<std::string> owned;
  for (const auto& [file, package] : symbolize::OwningPackages(options.sysroot, here)) {
    packages.insert(symbolize::DebugPackageOf(package));
    owned.insert(file);
  }
  if (!packages.empty()) messages.Note("get them: " + PackagesSentence(options.sysroot, packages));
  if (owned.size() == coverage.lacking.size()) return;
  messages.Note(std::string(packages.empty() ? "get them" : "the others") +
                ": copy the files, or their debug files, from where they were built or recorded, and name the folder "
                "with --sysroot or --debug-dir" +
                (options.server ? "" : "; or ask a server with --debuginfod"));
}

}  // namespace mqtrack::cli
