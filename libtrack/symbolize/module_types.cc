#include "libtrack/symbolize/module_types.h"

#include <dwarf.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "libtrack/support/base_name.h"
#include "libtrack/symbolize/demangle.h"

namespace mqtrack::symbolize {
namespace {

// More than programs have; a damaged file must exhaust neither the stack nor memory.
constexpr int kMaxDepth = 48;
constexpr std::uint64_t kMostElements = 512;
constexpr std::size_t kMostPointers = 5000;

std::string NameOf(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  const char* name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
  return name == nullptr ? std::string() : name;
}

bool IsDeclaration(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  bool is = false;
  return dwarf_attr(die, DW_AT_declaration, &attribute) != nullptr && dwarf_formflag(&attribute, &is) == 0 && is;
}

bool IsObject(int tag) { return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type; }

bool IsPointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

std::uint64_t BytesOf(Dwarf_Die* type) {
  Dwarf_Word bytes = 0;
  return dwarf_aggregate_size(type, &bytes) == 0 ? bytes : 0;
}

/// Where a variable lies, if it has one place for the whole program.
std::optional<std::uint64_t> AddressOf(Dwarf_Die* die) {
  Dwarf_Attribute attribute, indirect;
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_attr(die, DW_AT_location, &attribute) == nullptr ||
      dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1)
    return std::nullopt;
  if (operations[0].atom == DW_OP_addr) return operations[0].number;
  Dwarf_Addr address = 0;
  if (operations[0].atom != DW_OP_addrx || dwarf_getlocation_attr(&attribute, operations, &indirect) != 0 ||
      dwarf_formaddr(&indirect, &address) != 0)
    return std::nullopt;
  return address;
}

std::string Scoped(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : scope + "::" + name;
}

/// Names that begin so are a library's own affair.
bool IsReserved(std::string_view name) {
  return name.size() > 1 && name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

void AppendName(std::string& path, const std::string& name) {
  if (name.empty() || IsReserved(name)) return;
  if (!path.empty()) path += '.';
  path += name;
}

/// Calls visit(member, offset) for each member and base class of an object.
template <typename Visit>
void ForEachMember(Dwarf_Die* object, Visit visit) {
  Dwarf_Die member;
  if (dwarf_child(object, &member) != 0) return;
  do {
    const int tag = dwarf_tag(&member);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance) continue;
    Dwarf_Attribute attribute;
    // A static member has no place in the object.
    if (dwarf_hasattr(&member, DW_AT_external) || dwarf_hasattr(&member, DW_AT_declaration)) continue;
    Dwarf_Word offset = 0;
    if (dwarf_attr(&member, DW_AT_data_member_location, &attribute) != nullptr &&
        dwarf_formudata(&attribute, &offset) != 0)
      continue;  // of a virtual base class
    visit(&member, offset);
  } while (dwarf_siblingof(&member, &member) == 0);
}

}  // namespace

ModuleTypes::ModuleTypes(ModuleFiles files) : files_(std::make_unique<ModuleFiles>(std::move(files))) {
  for (const std::optional<ElfFile>* file : {&files_->debug, &files_->code}) {
    if (!*file || dwarf_ || !((*file)->HasSection(".debug_info") || (*file)->HasSection(".zdebug_info"))) continue;
    dwarf_.reset(dwarf_begin_elf((*file)->elf(), DWARF_C_READ, nullptr));
  }
  if (!dwarf_) return;
  if (files_->supplement) {
    supplement_.reset(dwarf_begin_elf(files_->supplement->elf(), DWARF_C_READ, nullptr));
    if (supplement_) dwarf_setalt(dwarf_.get(), supplement_.get());
  }
  ReadUnits();
}

ModuleTypes::~ModuleTypes() = default;
ModuleTypes::ModuleTypes(ModuleTypes&&) noexcept = default;
ModuleTypes& ModuleTypes::operator=(ModuleTypes&&) noexcept = default;

void ModuleTypes::ReadUnits() {
  Dwarf_CU* previous = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die, split;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf_.get(), previous, &next, nullptr, &type, &die, &split) == 0) {
    previous = next;
    Dwarf_Die* tree = type == DW_UT_skeleton && split.addr != nullptr ? &split : &die;
    if (dwarf_getsrcfiles(tree, &files_of_unit_, &file_count_) != 0) files_of_unit_ = nullptr;
    Walk(tree, {}, 0);
  }
  std::sort(variables_.begin(), variables_.end(),
            [](const TypedVariable& a, const TypedVariable& b) { return a.start < b.start; });
}

void ModuleTypes::Walk(Dwarf_Die* parent, const std::string& scope, int depth) {
  Dwarf_Die die;
  if (depth > kMaxDepth || dwarf_child(parent, &die) != 0) return;
  do {
    Enter(&die, scope, depth);
  } while (dwarf_siblingof(&die, &die) == 0);
}

void ModuleTypes::Enter(Dwarf_Die* die, const std::string& scope, int depth) {
  const int tag = dwarf_tag(die);
  if (tag == DW_TAG_variable) {
    AddVariable(die, scope);
  } else if (IsObject(tag)) {
    const std::string name = NameOf(die);
    if (!name.empty() && !IsDeclaration(die)) AddObject(die, scope, name);
    Walk(die, Scoped(scope, name), depth + 1);
  } else if (tag == DW_TAG_namespace) {
    const std::string name = NameOf(die);
    Walk(die, Scoped(scope, name.empty() ? "(anonymous namespace)" : name), depth + 1);
  } else if (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block) {
    const std::string name = tag == DW_TAG_subprogram ? NameOf(die) : std::string();
    Walk(die, name.empty() ? scope : Scoped(scope, name), depth + 1);
  }
}

void ModuleTypes::AddObject(Dwarf_Die* die, const std::string& scope, const std::string& name) {
  const auto entry = by_name_.try_emplace(Tidy(Scoped(scope, name)), *die).first;
  names_[entry->second.addr] = &entry->first;
  const auto [plain, is_new] = by_plain_name_.try_emplace(name, &entry->first);
  if (!is_new && plain->second != &entry->first) plain->second = nullptr;
}

/// Not dwarf_decl_file: that ends the program if the unit has no table of files.
std::string ModuleTypes::DeclaringFile(Dwarf_Die* die) const {
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (files_of_unit_ == nullptr || dwarf_attr(die, DW_AT_decl_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &number) != 0 || number >= file_count_)
    return {};
  const char* file = dwarf_filesrc(files_of_unit_, number, nullptr, nullptr);
  return file == nullptr ? std::string() : std::string(support::BaseName(file));
}

void ModuleTypes::AddVariable(Dwarf_Die* die, const std::string& scope) {
  const std::optional<std::uint64_t> address = AddressOf(die);
  const std::string name = NameOf(die);
  Dwarf_Die type;
  std::string alias;
  if (!address || *address == 0 || name.empty() || !TypeOf(die, &type, &alias)) return;
  TypedVariable& variable = variables_.emplace_back();
  variable.start = *address;
  variable.bytes = std::max<std::uint64_t>(BytesOf(&type), 1);
  variable.name = Scoped(scope, name);
  Dwarf_Attribute attribute;
  Dwarf_Die declared = *die;
  if (dwarf_attr(die, DW_AT_specification, &attribute) != nullptr &&
      dwarf_attr(die, DW_AT_decl_line, &attribute) == nullptr)
    (void)dwarf_formref_die(dwarf_attr(die, DW_AT_specification, &attribute), &declared);
  variable.file = DeclaringFile(&declared);
  int line = 0;
  if (dwarf_decl_line(&declared, &line) == 0) variable.line = line;
  variable.type = NumberOf(type, alias);
}

const TypedVariable* ModuleTypes::FindVariable(std::uint64_t vaddr) const {
  auto behind = std::upper_bound(variables_.begin(), variables_.end(), vaddr,
                                 [](std::uint64_t at, const TypedVariable& variable) { return at < variable.start; });
  if (behind == variables_.begin()) return nullptr;
  --behind;
  return vaddr - behind->start < behind->bytes ? &*behind : nullptr;
}

TypeNumber ModuleTypes::Named(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return TypeNumber::kNone;
  return const_cast<ModuleTypes*>(this)->NumberOf(found->second, {});
}

bool ModuleTypes::TypeOf(Dwarf_Die* die, Dwarf_Die* type, std::string* alias) const {
  Dwarf_Die at = *die;
  for (int i = 0; i < kMaxDepth; ++i) {
    Dwarf_Attribute attribute;
    if (dwarf_attr_integrate(&at, DW_AT_type, &attribute) == nullptr || dwarf_formref_die(&attribute, &at) == nullptr)
      return false;
    switch (dwarf_tag(&at)) {
      case DW_TAG_typedef:
        *alias = NameOf(&at);
        continue;
      case DW_TAG_const_type:
      case DW_TAG_volatile_type:
      case DW_TAG_restrict_type:
      case DW_TAG_atomic_type:
        continue;
      default:
        break;
    }
    Dwarf_Attribute signature;
    Dwarf_Die elsewhere;  // in a unit of its own
    if (dwarf_attr(&at, DW_AT_signature, &signature) != nullptr && dwarf_formref_die(&signature, &elsewhere) != nullptr)
      at = elsewhere;
    if (IsObject(dwarf_tag(&at))) UseTheCompleteOne(&at);
    *type = at;
    return true;
  }
  return false;
}

/// Each unit has an entry of its own for a type, and some only say that there is one.
void ModuleTypes::UseTheCompleteOne(Dwarf_Die* type) const {
  if (names_.contains(type->addr)) return;
  const auto plain = by_plain_name_.find(NameOf(type));
  if (plain == by_plain_name_.end() || plain->second == nullptr) return;
  Dwarf_Die complete = by_name_.at(*plain->second);
  if (IsDeclaration(type) || BytesOf(type) == BytesOf(&complete)) *type = complete;
}

TypeNumber ModuleTypes::NumberOf(const Dwarf_Die& type, const std::string& alias) {
  const auto [entry, is_new] = numbers_.try_emplace(type.addr, static_cast<TypeNumber>(types_.size()));
  if (is_new) types_.push_back({type, alias, std::nullopt});
  return entry->second;
}

std::string ModuleTypes::Name(TypeNumber type) {
  if (type == TypeNumber::kNone) return {};
  Known& known = types_[static_cast<std::size_t>(type)];
  const auto scoped = names_.find(known.die.addr);
  const std::string name = scoped == names_.end() ? NameOf(&known.die) : *scoped->second;
  if (!IsObject(dwarf_tag(&known.die))) return {};
  if (name.empty()) return known.alias;
  Dwarf_Die unit;
  const bool is_c = dwarf_diecu(&known.die, &unit, nullptr, nullptr) != nullptr &&
                    (dwarf_srclang(&unit) == DW_LANG_C || dwarf_srclang(&unit) == DW_LANG_C89 ||
                     dwarf_srclang(&unit) == DW_LANG_C99 || dwarf_srclang(&unit) == DW_LANG_C11);
  const int tag = dwarf_tag(&known.die);
  if (is_c && IsObject(tag)) return (tag == DW_TAG_union_type ? "union " : "struct ") + name;
  return Tidy(name);
}

std::uint64_t ModuleTypes::Bytes(TypeNumber type) {
  return type == TypeNumber::kNone ? 0 : BytesOf(&types_[static_cast<std::size_t>(type)].die);
}

TypeNumber ModuleTypes::TargetOf(Dwarf_Die* pointer) {
  Dwarf_Die target;
  std::string alias;
  if (!TypeOf(pointer, &target, &alias)) return TypeNumber::kNone;
  const int tag = dwarf_tag(&target);
  const bool is_known = (IsObject(tag) && !IsDeclaration(&target)) || IsPointer(tag) || tag == DW_TAG_array_type;
  return is_known ? NumberOf(target, alias) : TypeNumber::kNone;
}

void ModuleTypes::CollectPointers(Dwarf_Die* type, std::uint64_t offset, int depth, std::vector<PointerMember>& into) {
  if (depth > kMaxDepth || into.size() >= kMostPointers) return;
  const int tag = dwarf_tag(type);
  if (IsPointer(tag)) {
    const TypeNumber target = TargetOf(type);
    if (target != TypeNumber::kNone) into.push_back({offset, target});
    return;
  }
  Dwarf_Die inner;
  std::string alias;
  if (tag == DW_TAG_array_type) {
    if (!TypeOf(type, &inner, &alias)) return;
    const std::uint64_t size = BytesOf(&inner), all = BytesOf(type);
    if (size == 0) return;
    const std::size_t before = into.size();
    for (std::uint64_t i = 0; i < std::min(all / size, kMostElements); ++i) {
      CollectPointers(&inner, offset + i * size, depth + 1, into);
      if (into.size() == before) return;  // of numbers
    }
  } else if (IsObject(tag)) {
    ForEachMember(type, [&](Dwarf_Die* member, std::uint64_t at) {
      if (TypeOf(member, &inner, &alias)) CollectPointers(&inner, offset + at, depth + 1, into);
    });
  }
}

const std::vector<PointerMember>& ModuleTypes::Pointers(TypeNumber type) {
  static const std::vector<PointerMember> kNothing;
  if (type == TypeNumber::kNone) return kNothing;
  const auto number = static_cast<std::size_t>(type);
  if (!types_[number].pointers) {
    std::vector<PointerMember> pointers;
    Dwarf_Die die = types_[number].die;  // `types_` grows meanwhile
    CollectPointers(&die, 0, 0, pointers);
    types_[number].pointers = std::move(pointers);
  }
  return *types_[number].pointers;
}

bool ModuleTypes::AppendMemberOf(Dwarf_Die* object, std::uint64_t offset, int depth, std::string& path) const {
  bool found = false;
  const bool is_union = dwarf_tag(object) == DW_TAG_union_type;
  std::string best;
  ForEachMember(object, [&](Dwarf_Die* member, std::uint64_t at) {
    Dwarf_Die inner;
    std::string alias;
    if ((found && !is_union) || offset < at || !TypeOf(member, &inner, &alias)) return;
    if (offset - at >= std::max<std::uint64_t>(BytesOf(&inner), 1)) return;
    std::string attempt = path;
    const bool is_base = dwarf_tag(member) == DW_TAG_inheritance;
    if (!is_base) AppendName(attempt, NameOf(member));
    const bool is_pointer = AppendMember(&inner, offset - at, depth + 1, attempt);
    if (!found && (is_pointer || best.empty())) best = attempt;
    found = found || is_pointer;
  });
  if (!best.empty()) path = best;
  return found;
}

/// True if a pointer lies exactly there.
bool ModuleTypes::AppendMember(Dwarf_Die* type, std::uint64_t offset, int depth, std::string& path) const {
  if (depth > kMaxDepth) return false;
  const int tag = dwarf_tag(type);
  if (IsObject(tag)) return AppendMemberOf(type, offset, depth, path);
  if (tag == DW_TAG_array_type) {
    Dwarf_Die inner;
    std::string alias;
    if (!TypeOf(type, &inner, &alias)) return false;
    const std::uint64_t size = BytesOf(&inner);
    if (size == 0) return false;
    path += "[]";
    return AppendMember(&inner, offset % size, depth + 1, path);
  }
  return IsPointer(tag) && offset == 0;
}

std::optional<std::string> ModuleTypes::Member(TypeNumber type, std::uint64_t bytes, std::uint64_t offset) {
  if (type == TypeNumber::kNone) return std::nullopt;
  std::string path;
  Dwarf_Die die = types_[static_cast<std::size_t>(type)].die;
  const std::uint64_t size = BytesOf(&die);
  // What was allocated may be several of them, or have something behind it.
  const bool is_several = size != 0 && bytes > size && bytes % size == 0;
  if (!is_several && size != 0 && offset >= size) return std::nullopt;
  if (is_several) path = "[]";
  if (!AppendMember(&die, is_several ? offset % size : offset, 0, path)) return std::nullopt;
  return path;
}

}  // namespace mqtrack::symbolize
