#include "libtrack/symbolize/dwarf_names.h"

#include <dwarf.h>

#include <initializer_list>
#include <string_view>

#include "libtrack/symbolize/demangle.h"

namespace mqtrack::symbolize {
namespace {

// Deeper nesting than compilers make; a damaged file must not exhaust the stack.
constexpr int kMaxDepth = 200;
constexpr int kMaxOrigins = 16;

/// The entry that declares the function: through abstract origins and specifications. `die` itself if there are none.
Dwarf_Die DeclarationOf(Dwarf_Die* die) {
  Dwarf_Die current = *die;
  for (int i = 0; i < kMaxOrigins; ++i) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&current, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&current, DW_AT_specification, &attribute) == nullptr) {
      break;
    }
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    current = next;
  }
  return current;
}

const char* LinkageName(Dwarf_Die* die) {
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    Dwarf_Attribute attribute;
    if (dwarf_attr_integrate(die, name, &attribute) == nullptr) continue;
    if (const char* text = dwarf_formstring(&attribute)) return text;
  }
  return nullptr;
}

bool IsCxx(Dwarf_Die* die) {
  Dwarf_Die unit;
  if (dwarf_diecu(die, &unit, nullptr, nullptr) == nullptr) return false;
  switch (dwarf_srclang(&unit)) {
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
      return true;
    default:
      return false;
  }
}

/// True for the type of a closure, which GCC leaves without a name where it is local to a function.
bool IsClosure(Dwarf_Die* type) {
  Dwarf_Die member;
  if (dwarf_child(type, &member) != 0) return false;
  do {
    const char* name = dwarf_tag(&member) == DW_TAG_subprogram ? dwarf_diename(&member) : nullptr;
    if (name != nullptr && std::string_view(name) == "operator()") return true;
  } while (dwarf_siblingof(&member, &member) == 0);
  return false;
}

/// How a scope is written before "::"; empty for entries that make no scope.
std::string ScopeName(Dwarf_Die* die) {
  const char* name = dwarf_diename(die);
  switch (dwarf_tag(die)) {
    case DW_TAG_namespace:
      return name != nullptr ? name : "(anonymous namespace)";
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type: {
      if (name == nullptr) return IsClosure(die) ? "{lambda}" : "{unnamed type}";
      const std::string text = name;
      // GCC calls a closure "<lambda(int)>", the demangler "{lambda(int)#1}".
      return text.starts_with("<lambda") && text.ends_with('>') ? "{" + text.substr(1, text.size() - 2) + "}" : text;
    }
    case DW_TAG_subprogram:
      return name != nullptr ? name : "";
    default:
      return "";
  }
}

bool MakesScope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
         tag == DW_TAG_union_type || tag == DW_TAG_subprogram;
}

}  // namespace

const FunctionName* DwarfNames::Of(Dwarf_Die* die) {
  Dwarf_Die declaration = DeclarationOf(die);
  const auto [entry, is_new] = names_.try_emplace(declaration.addr);
  // The linkage name may stand at any entry of the chain, so the name is read from where the chain starts.
  if (is_new) entry->second = Read(die);
  return entry->second.get();
}

std::unique_ptr<FunctionName> DwarfNames::Read(Dwarf_Die* die) {
  auto result = std::make_unique<FunctionName>();
  int line = 0;
  if (dwarf_decl_line(die, &line) == 0) result->start_line = line;
  if (const char* linkage = LinkageName(die)) {
    result->symbol = linkage;
    result->name = ReadableName(linkage);
    return result;
  }
  const char* name = dwarf_diename(die);
  if (name == nullptr || *name == '\0') return nullptr;
  result->symbol = name;
  result->name = name;
  if (!IsCxx(die)) return result;
  Dwarf_Die declaration = DeclarationOf(die);
  const std::string& scope = ScopeOf(&declaration);
  result->name = Tidy(scope.empty() ? result->name : scope + "::" + result->name);
  result->has_symbol = scope.empty();
  return result;
}

const std::string& DwarfNames::ScopeOf(Dwarf_Die* die) {
  static const std::string kNone;
  Dwarf_Die unit;
  if (dwarf_diecu(die, &unit, nullptr, nullptr) == nullptr) return kNone;
  const auto [entry, is_new] = scopes_.try_emplace(unit.addr);
  if (is_new) CollectScopes(&unit, "", 0, entry->second);
  const auto found = entry->second.find(die->addr);
  return found == entry->second.end() ? kNone : found->second;
}

void DwarfNames::CollectScopes(Dwarf_Die* parent, const std::string& scope, int depth, ScopeOfFunction& scopes) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_lexical_block) {
      CollectScopes(&child, scope, depth + 1, scopes);
      continue;
    }
    if (!MakesScope(tag)) continue;
    const char* linkage = tag == DW_TAG_subprogram ? LinkageName(&child) : nullptr;
    if (tag == DW_TAG_subprogram && linkage == nullptr && !scope.empty()) scopes.emplace(child.addr, scope);
    if (dwarf_haschildren(&child) != 1) continue;
    std::string inner = linkage != nullptr ? ReadableName(linkage) : ScopeName(&child);
    if (linkage == nullptr && !scope.empty()) inner = scope + "::" + inner;
    CollectScopes(&child, inner, depth + 1, scopes);
  } while (dwarf_siblingof(&child, &child) == 0);
}

}  // namespace mqtrack::symbolize
