#include "libtrack/symbolize/symbolizer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "libtrack/symbolize/function_table.h"
#include "libtrack/symbolize/module_files.h"
#include "libtrack/symbolize/module_resolver.h"

namespace mqtrack::symbolize {
namespace {

using profile::Location;
using profile::Mapping;
using profile::MappingId;

/// Works on one profile, mapping by mapping.
class ProfileSymbolizer {
 public:
  ProfileSymbolizer(profile::Profile& profile, const Options& options)
      : profile_(profile), options_(options), functions_(profile) {}

  Report Run() {
    std::map<MappingId, std::vector<std::size_t>> by_mapping;  // ordered, so that equal profiles give equal results
    for (std::size_t i = 0; i < profile_.locations.size(); ++i) {
      if (profile_.locations[i].lines.empty()) by_mapping[MappingOf(profile_.locations[i])].push_back(i);
    }
    for (const auto& [mapping, locations] : by_mapping) {
      report_.addresses += locations.size();
      if (mapping == MappingId::kNone) {
        for (const std::size_t i : locations) NameByOffset(profile_.locations[i], "[unknown]", 0);
      } else {
        SymbolizeMapping(profile_.mappings[profile::Index(mapping)], locations);
      }
    }
    return std::move(report_);
  }

 private:
  /// The mapping that the location states, or else the one that its address lies in.
  [[nodiscard]] MappingId MappingOf(const Location& location) const {
    if (profile::Index(location.mapping) < profile_.mappings.size()) return location.mapping;
    for (std::size_t i = 0; i < profile_.mappings.size(); ++i) {
      const Mapping& mapping = profile_.mappings[i];
      if (location.address >= mapping.start && location.address < mapping.limit) return static_cast<MappingId>(i);
    }
    return MappingId::kNone;
  }

  void NameByOffset(Location& location, const std::string& module_name, std::uint64_t bias) {
    const std::string name = OffsetName(module_name, location.address - bias);
    location.lines.push_back({functions_.Intern({name, name, "", 0}), 0});
  }

  void SymbolizeMapping(Mapping& mapping, const std::vector<std::size_t>& locations) {
    const std::string name = ModuleName(mapping);
    ModuleFiles files;
    if (!IsPseudoFile(mapping.file)) files = FindModuleFiles(mapping, options_);
    const ElfFile* layout = files.layout();
    std::optional<std::uint64_t> bias;
    if (layout != nullptr) {
      std::vector<std::uint64_t> addresses;
      for (const std::size_t i : locations) addresses.push_back(profile_.locations[i].address);
      bias = layout->LoadBias(mapping, addresses);
      if (!bias) files.note = "the recorded mapping does not fit this file: not named";
    }
    if (bias) {
      const ElfFile* debug = files.code && files.debug ? &*files.debug : nullptr;
      ModuleResolver resolver(name, *layout, debug, files.supplement ? &*files.supplement : nullptr, functions_);
      Apply(mapping, locations, *bias, resolver);
      if (files.note.empty()) files.note = WhatIsMissing(resolver, layout->build_id());
    } else {
      // Without the file the distance from its start is the best there is; for nearly all files it equals the ELF
      // virtual address.
      for (const std::size_t i : locations) NameByOffset(profile_.locations[i], name, mapping.start - mapping.offset);
    }
    if (!files.note.empty()) report_.notes.push_back({mapping.file, files.note});
  }

  /// A word for the user where names or lines could be better.
  [[nodiscard]] static std::string WhatIsMissing(const ModuleResolver& resolver, const std::string& build_id) {
    if (resolver.has_debug_info()) return {};
    const std::string install = "; install its debug symbols (man mqtrack, NAMES)" +
                                (build_id.empty() ? std::string() : " (build id " + build_id + ")");
    switch (resolver.symbols()) {
      case SymbolTable::Source::kFull:
        return "no debug information: function names but no lines" + install;
      case SymbolTable::Source::kDynamic:
        return "stripped: names from .dynsym only" + install;
      case SymbolTable::Source::kNone:
        break;
    }
    return "stripped: no names at all" + install;
  }

  void Apply(Mapping& mapping, const std::vector<std::size_t>& locations, std::uint64_t bias,
             ModuleResolver& resolver) {
    std::vector<std::uint64_t> vaddrs;
    for (const std::size_t i : locations) vaddrs.push_back(profile_.locations[i].address - bias);
    std::sort(vaddrs.begin(), vaddrs.end());
    vaddrs.erase(std::unique(vaddrs.begin(), vaddrs.end()), vaddrs.end());
    const std::vector<Resolved> resolved = resolver.Resolve(vaddrs);
    for (const std::size_t i : locations) {
      Location& location = profile_.locations[i];
      const auto at = std::lower_bound(vaddrs.begin(), vaddrs.end(), location.address - bias) - vaddrs.begin();
      const Resolved& result = resolved[static_cast<std::size_t>(at)];
      location.lines = result.lines;
      report_.with_function += result.named ? 1 : 0;
      report_.with_line += result.has_line ? 1 : 0;
      mapping.has_functions = mapping.has_functions || result.named;
      mapping.has_filenames = mapping.has_filenames || result.has_file;
      mapping.has_line_numbers = mapping.has_line_numbers || result.has_line;
      mapping.has_inline_frames = mapping.has_inline_frames || result.lines.size() > 1;
    }
  }

  profile::Profile& profile_;
  const Options& options_;
  FunctionTable functions_;
  Report report_;
};

}  // namespace

Report Symbolize(profile::Profile& profile, const Options& options) {
  return ProfileSymbolizer(profile, options).Run();
}

}  // namespace mqtrack::symbolize
