// The types of one file's objects and variables, from its debug information: which pointers an object has, and what the
// member at an offset is called.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/symbolize/module_files.h"

namespace mqtrack::symbolize {

/// A type of a file, by number.
enum class TypeNumber : std::uint32_t { kNone = 0xffffffff };

/// A pointer in an object, to what is no character, number or unknown thing.
struct PointerMember {
  std::uint64_t offset = 0;
  TypeNumber target = TypeNumber::kNone;
};

/// A variable that is neither a function's, unless it is static, nor a thread's.
struct TypedVariable {
  std::uint64_t start = 0, bytes = 0;  // as ELF virtual address
  std::string name;                    // with its scopes
  std::string file;                    // base name of where it is declared; may be empty
  std::int64_t line = 0;
  TypeNumber type = TypeNumber::kNone;
};

/// Not thread-safe. Everything in the file is treated as hostile: depths, lengths and counts are bounded.
class ModuleTypes {
 public:
  /// Takes the files. Reads all units once, some hundred nanoseconds an entry.
  explicit ModuleTypes(ModuleFiles files);
  ~ModuleTypes();
  ModuleTypes(ModuleTypes&&) noexcept;
  ModuleTypes& operator=(ModuleTypes&&) noexcept;

  /// False: without debug information.
  [[nodiscard]] bool ok() const { return dwarf_ != nullptr; }
  /// The variable that covers an address, or null. Lives as long as this object.
  [[nodiscard]] const TypedVariable* FindVariable(std::uint64_t vaddr) const;
  /// The type of that name, with its scopes and without "struct"; kNone if there is none that is complete.
  [[nodiscard]] TypeNumber Named(const std::string& name) const;

  /// "struct mosquitto", "broker::Session"; empty of a pointer or an array.
  [[nodiscard]] std::string Name(TypeNumber type);
  /// 0: not known.
  [[nodiscard]] std::uint64_t Bytes(TypeNumber type);
  /// Of an object, its base classes, members and arrays included. Lives until the next call.
  [[nodiscard]] const std::vector<PointerMember>& Pointers(TypeNumber type);
  /// What lies at an offset of `bytes` of objects: "msgs_out.queued", "[].next" of several. Parts of names that a
  /// library keeps to itself (_M_impl, __next_) are left out, so it may be empty. Nothing if no pointer lies there.
  [[nodiscard]] std::optional<std::string> Member(TypeNumber type, std::uint64_t bytes, std::uint64_t offset);

 private:
  struct Known {
    Dwarf_Die die;
    std::string alias;  // of a type without a name, the typedef
    std::optional<std::vector<PointerMember>> pointers;
  };
  struct EndDwarf {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  void ReadUnits();
  [[nodiscard]] std::string DeclaringFile(Dwarf_Die* die) const;
  void Walk(Dwarf_Die* parent, const std::string& scope, int depth);
  void Enter(Dwarf_Die* die, const std::string& scope, int depth);
  void AddVariable(Dwarf_Die* die, const std::string& scope);
  void AddObject(Dwarf_Die* die, const std::string& scope, const std::string& name);
  [[nodiscard]] bool TypeOf(Dwarf_Die* die, Dwarf_Die* type, std::string* alias) const;
  void UseTheCompleteOne(Dwarf_Die* type) const;
  [[nodiscard]] TypeNumber NumberOf(const Dwarf_Die& type, const std::string& alias);
  [[nodiscard]] TypeNumber TargetOf(Dwarf_Die* pointer);
  void CollectPointers(Dwarf_Die* type, std::uint64_t offset, int depth, std::vector<PointerMember>& into);
  [[nodiscard]] bool AppendMember(Dwarf_Die* type, std::uint64_t offset, int depth, std::string& path) const;
  [[nodiscard]] bool AppendMemberOf(Dwarf_Die* object, std::uint64_t offset, int depth, std::string& path) const;

  std::unique_ptr<ModuleFiles> files_;
  std::unique_ptr<Dwarf, EndDwarf> supplement_, dwarf_;
  Dwarf_Files* files_of_unit_ = nullptr;  // while a unit is read
  std::size_t file_count_ = 0;
  std::vector<TypedVariable> variables_;                               // by start
  std::unordered_map<std::string, Dwarf_Die> by_name_;                 // complete ones, with their scopes
  std::unordered_map<std::string, const std::string*> by_plain_name_;  // null where several have it
  std::unordered_map<const void*, const std::string*> names_;          // by entry: the key of by_name_
  std::vector<Known> types_;
  std::unordered_map<const void*, TypeNumber> numbers_;
};

}  // namespace mqtrack::symbolize
