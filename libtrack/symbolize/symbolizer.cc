#include "libtrack/symbolize/symbolizer.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "libtrack/support/byte_text.h"
#include "libtrack/symbolize/function_table.h"
#include "libtrack/symbolize/module_files.h"
#include "libtrack/symbolize/module_resolver.h"
#include "libtrack/symbolize/perf_map.h"

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
        for (const std::size_t i : locations) NameWithoutFile(profile_.locations[i]);
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

  /// Of code made at run time the line is that of the function's beginning: no more is known.
  void NameWithoutFile(Location& location) {
    const auto code = options_.code_names ? options_.code_names->Find(location.address) : std::nullopt;
    if (!code) return NameByOffset(location, "[unknown]", 0);
    location.lines.push_back({functions_.Intern({code->name, code->name, code->file, code->line}), code->line});
    ++report_.with_function;
    report_.with_line += code->line != 0 ? 1 : 0;
  }

  void NameByOffset(Location& location, const std::string& module_name, std::uint64_t bias) {
    const std::string name = OffsetName(module_name, location.address - bias);
    location.lines.push_back({functions_.Intern({name, name, "", 0}), 0});
  }

  /// What is known of the mapping beyond the profile, or null.
  [[nodiscard]] const LoadedFile* LoadedAs(const Mapping& mapping) const {
    const auto found = std::find_if(options_.loaded.begin(), options_.loaded.end(), [&](const LoadedFile& loaded) {
      return loaded.start == mapping.start && loaded.file == mapping.file;
    });
    return found == options_.loaded.end() ? nullptr : &*found;
  }

  /// Copies of one file that are loaded side by side (plug-ins from temporary files) are one file under several names.
  [[nodiscard]] std::string NameOf(const Mapping& mapping) const {
    if (mapping.build_id.empty()) return ModuleName(mapping);
    const auto first = std::find_if(profile_.mappings.begin(), profile_.mappings.end(),
                                    [&](const Mapping& other) { return other.build_id == mapping.build_id; });
    return ModuleName(*first);
  }

  /// The distance between addresses of the process and of `layout`. Nothing, and why, where it cannot be right.
  std::optional<std::uint64_t> BiasOf(Mapping& mapping, const std::vector<std::size_t>& locations,
                                      const ElfFile& layout, const LoadedFile* loaded, std::string& note) {
    std::vector<std::uint64_t> addresses;
    for (const std::size_t i : locations) addresses.push_back(profile_.locations[i].address);
    std::optional<std::uint64_t> bias = layout.LoadBias(mapping, addresses);
    if (loaded != nullptr && loaded->bias && bias != loaded->bias) {
      // The first page that is mapped need not be the file's first.
      const std::optional<std::uint64_t> offset = layout.OffsetAt(mapping.start, *loaded->bias);
      bias = offset ? loaded->bias : std::nullopt;
      if (offset) mapping.offset = *offset;
    }
    if (!bias) {
      note = "the recorded mapping does not fit this file: not named";
      return std::nullopt;
    }
    if (IsElsewhere(layout, *bias)) {
      note =
          "is not what the process has at its place (another build id is in memory there): not named; record the "
          "process anew";
      return std::nullopt;
    }
    return bias;
  }

  /// True if the running process has another build id, or none, where the file's would be.
  [[nodiscard]] bool IsElsewhere(const ElfFile& layout, std::uint64_t bias) const {
    const std::optional<std::uint64_t> at = options_.read_memory ? layout.BuildIdAddress() : std::nullopt;
    if (!at || layout.build_id().empty()) return false;
    std::string bytes(layout.build_id().size() / 2, '\0');
    return options_.read_memory(bias + *at, bytes.data(), bytes.size()) &&
           support::EncodeHex(bytes) != layout.build_id();
  }

  void SymbolizeMapping(Mapping& mapping, const std::vector<std::size_t>& locations) {
    const std::string name = NameOf(mapping);
    const LoadedFile* loaded = LoadedAs(mapping);
    ModuleFiles files = FindModuleFiles(mapping, options_, loaded);
    const ElfFile* layout = files.layout();
    std::optional<std::uint64_t> bias;
    if (layout != nullptr) bias = BiasOf(mapping, locations, *layout, loaded, files.note);
    if (bias) {
      const std::string missing = Apply(mapping, locations, *bias, files, name);
      if (files.note.empty()) files.note = missing;
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

  /// What is known of the file already: of one without a build id nothing, since another may have its name.
  [[nodiscard]] CachedFile& CacheFor(const ModuleFiles& files, const std::string& name) {
    const std::string& id = files.layout()->build_id();
    if (options_.known_names == nullptr || id.empty()) return uncached_ = {};
    return (*options_.known_names)[id + " " + (files.debug ? files.debug->path() : "") + " " + name];
  }

  /// Finds the names that `known` lacks.
  void Complete(CachedFile& known, const std::vector<std::uint64_t>& vaddrs, const ModuleFiles& files,
                const std::string& name) {
    std::vector<std::uint64_t> unknown;
    std::copy_if(vaddrs.begin(), vaddrs.end(), std::back_inserter(unknown),
                 [&](std::uint64_t vaddr) { return !known.by_vaddr.contains(vaddr); });
    if (unknown.empty()) return;
    const ElfFile* debug = files.code && files.debug ? &*files.debug : nullptr;
    const ElfFile* supplement = files.supplement ? &*files.supplement : nullptr;
    ModuleResolver resolver(name, *files.layout(), debug, supplement, functions_);
    const std::vector<Resolved> resolved = resolver.Resolve(unknown);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
      CachedNames names = {{}, resolved[i].named, resolved[i].has_file, resolved[i].has_line};
      for (const profile::Line& line : resolved[i].lines)
        names.frames.push_back({profile_.functions[profile::Index(line.function)], line.line});
      known.by_vaddr.insert_or_assign(unknown[i], std::move(names));
    }
    known.note = WhatIsMissing(resolver, files.layout()->build_id());
  }

  /// What could be better.
  std::string Apply(Mapping& mapping, const std::vector<std::size_t>& locations, std::uint64_t bias,
                    const ModuleFiles& files, const std::string& name) {
    std::vector<std::uint64_t> vaddrs;
    for (const std::size_t i : locations) vaddrs.push_back(profile_.locations[i].address - bias);
    std::sort(vaddrs.begin(), vaddrs.end());
    vaddrs.erase(std::unique(vaddrs.begin(), vaddrs.end()), vaddrs.end());
    CachedFile& known = CacheFor(files, name);
    Complete(known, vaddrs, files, name);
    for (const std::size_t i : locations) {
      Location& location = profile_.locations[i];
      const CachedNames& names = known.by_vaddr.at(location.address - bias);
      for (const CachedNames::Frame& frame : names.frames)
        location.lines.push_back({functions_.Intern(frame.function), frame.line});
      report_.with_function += names.named ? 1 : 0;
      report_.with_line += names.has_line ? 1 : 0;
      mapping.has_functions = mapping.has_functions || names.named;
      mapping.has_filenames = mapping.has_filenames || names.has_file;
      mapping.has_line_numbers = mapping.has_line_numbers || names.has_line;
      mapping.has_inline_frames = mapping.has_inline_frames || names.frames.size() > 1;
    }
    return known.note;
  }

  profile::Profile& profile_;
  const Options& options_;
  FunctionTable functions_;
  Report report_;
  CachedFile uncached_;  // of the mapping that is being worked on
};

}  // namespace

Report Symbolize(profile::Profile& profile, const Options& options) {
  return ProfileSymbolizer(profile, options).Run();
}

}  // namespace mqtrack::symbolize
