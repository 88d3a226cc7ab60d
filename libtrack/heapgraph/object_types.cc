#include "libtrack/heapgraph/object_types.h"

#include "libtrack/heapgraph/root_regions.h"

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kLongestName = 512;

}  // namespace

std::uint32_t ObjectTypes::ModuleAt(std::uint64_t address) const {
  const std::vector<log::LogModule>& modules = capture_.content.modules;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (address >= modules[i].start && address < modules[i].end) return static_cast<std::uint32_t>(i);
  }
  return kNoSubject;
}

bool ObjectTypes::ReadWord(std::uint64_t address, std::uint64_t& word) const {
  return memory_.Read(address, &word, sizeof word) == sizeof word;
}

/// The Itanium C++ ABI, 2.5.2 and 2.9.5: the word before the virtual functions leads to the type_info, whose second
/// word is the name; the one before that is how far this is from the object's start.
ObjectTypes::Table ObjectTypes::ReadTable(std::uint64_t functions) const {
  std::uint64_t to_start = 0, info = 0, info_functions = 0, text = 0;
  const Table none{{}, kNoSubject};
  const std::uint32_t module = ModuleAt(functions);
  if (module == kNoSubject || functions % kWord != 0) return none;
  if (!ReadWord(functions - 2 * kWord, to_start) || to_start != 0) return none;
  if (!ReadWord(functions - kWord, info) || info % kWord != 0 || ModuleAt(info) == kNoSubject) return none;
  if (!ReadWord(info, info_functions) || ModuleAt(info_functions) == kNoSubject) return none;
  if (!ReadWord(info + kWord, text) || ModuleAt(text) == kNoSubject) return none;
  std::string name(kLongestName, '\0');
  name.resize(memory_.Read(text, name.data(), name.size()));
  const std::size_t end = name.find('\0');
  if (end == std::string::npos || end == 0) return none;
  name.resize(end);
  return {names_.ReadableType(name[0] == '*' ? name.substr(1) : name), module};
}

const std::string& ObjectTypes::TypeAt(std::uint64_t address, std::uint32_t& module) {
  static const std::string kNone;
  std::uint64_t functions = 0;
  // Most first words are no address in a module: these are not remembered.
  if (!ReadWord(address, functions) || ModuleAt(functions) == kNoSubject) return kNone;
  const auto [entry, is_new] = tables_.try_emplace(functions);
  if (is_new) entry->second = ReadTable(functions);
  module = entry->second.module;
  return entry->second.type;
}

std::map<std::string, std::vector<BlockId>> FindObjects(const HeapCapture& capture, const MemorySource& memory,
                                                        DataNames& names) {
  ObjectTypes types(capture, memory, names);
  std::map<std::string, std::vector<BlockId>> found;
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    if (capture.blocks[i].bytes < kWord) continue;
    std::uint32_t module = kNoSubject;
    const std::string& type = types.TypeAt(capture.blocks[i].handle, module);
    if (!type.empty()) found[type].push_back(static_cast<BlockId>(i));
  }
  return found;
}

}  // namespace mqtrack::heapgraph
