#include "libtrack/symbolize/module_resolver.h"

#include <cinttypes>
#include <cstdio>

#include "libtrack/symbolize/demangle.h"

namespace mqtrack::symbolize {

std::string OffsetName(const std::string& module_name, std::uint64_t offset) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "+0x%" PRIx64, offset);
  return module_name + digits;
}

ModuleResolver::ModuleResolver(std::string module_name, const ElfFile& layout, const ElfFile* debug,
                               const ElfFile* supplement, FunctionTable& functions)
    : module_name_(std::move(module_name)),
      functions_(functions),
      frames_(layout),
      symbols_(layout, debug, frames_),
      dwarf_(debug != nullptr ? *debug : layout, supplement, layout) {}

std::vector<Resolved> ModuleResolver::Resolve(const std::vector<std::uint64_t>& vaddrs) {
  std::vector<Resolved> result(vaddrs.size());
  if (dwarf_.ok()) {
    dwarf_.Resolve(vaddrs, [&](std::size_t i, const std::vector<DwarfFrame>& frames) {
      result[i] = FromDwarf(vaddrs[i], frames);
    });
  }
  for (std::size_t i = 0; i < vaddrs.size(); ++i) {
    if (!result[i].lines.empty()) continue;
    result[i].lines.push_back({FunctionWithoutDwarf(vaddrs[i], nullptr, &result[i].named), 0});
  }
  return result;
}

Resolved ModuleResolver::FromDwarf(std::uint64_t vaddr, const std::vector<DwarfFrame>& frames) {
  Resolved resolved;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const DwarfFrame& frame = frames[i];
    const bool outermost = i + 1 == frames.size();
    bool is_named = frame.function != nullptr;
    profile::FunctionId function{};
    // Of the function that is really there the linker may know more than DWARF does; of inlined ones never.
    const bool ask_symbols = outermost && (!is_named || !frame.function->has_symbol);
    if (ask_symbols && (!is_named || symbols_.Find(vaddr).starts_with("_Z"))) {
      function = FunctionWithoutDwarf(vaddr, frame.file, &is_named);
    } else if (is_named) {
      function = FunctionOf(*frame.function, frame.file);
    } else {
      function = functions_.Intern({OffsetName(module_name_, vaddr), OffsetName(module_name_, vaddr), "", 0});
    }
    resolved.lines.push_back({function, frame.line});
    resolved.named = resolved.named || is_named;
    resolved.has_file = resolved.has_file || frame.file != nullptr;
    resolved.has_line = resolved.has_line || frame.line != 0;
  }
  return resolved;
}

profile::FunctionId ModuleResolver::FunctionOf(const FunctionName& name, const char* file) {
  const auto [entry, is_new] = by_dwarf_.try_emplace(FrameKey{&name, file});
  if (is_new) {
    entry->second = functions_.Intern({name.name, name.symbol, file != nullptr ? file : "", name.start_line});
  }
  return entry->second;
}

profile::FunctionId ModuleResolver::FunctionWithoutDwarf(std::uint64_t vaddr, const char* file, bool* is_named) {
  const std::string_view symbol = symbols_.Find(vaddr);
  *is_named = !symbol.empty();
  const std::string filename = file != nullptr ? file : "";
  if (symbol.empty()) {
    const std::string name = OffsetName(module_name_, frames_.StartOf(vaddr).value_or(vaddr));
    return functions_.Intern({name, name, filename, 0});
  }
  const auto [entry, is_new] = by_symbol_.try_emplace({symbol, file});
  if (is_new) entry->second = functions_.Intern({ReadableName(symbol), std::string(symbol), filename, 0});
  return entry->second;
}

}  // namespace mqtrack::symbolize
