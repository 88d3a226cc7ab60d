#include "cli/looking/process_data_names.h"

#include <utility>

#include "libtrack/symbolize/demangle.h"

namespace mqtrack::cli {
namespace {

using heapgraph::TypeId;
using symbolize::TypeNumber;

TypeId Pack(std::uint32_t module, TypeNumber number) {
  if (number == TypeNumber::kNone) return TypeId::kNone;
  return static_cast<TypeId>(std::uint64_t{module} << 32 | static_cast<std::uint32_t>(number));
}
std::uint32_t ModuleOf(TypeId type) { return static_cast<std::uint32_t>(static_cast<std::uint64_t>(type) >> 32); }
TypeNumber NumberOf(TypeId type) { return static_cast<TypeNumber>(static_cast<std::uint64_t>(type) & 0xffffffff); }

}  // namespace

heapgraph::VariableFacts ProcessDataNames::VariableAt(std::uint32_t module, std::uint64_t address) {
  if (symbolize::ModuleTypes* types = types_.Of(module)) {
    const std::uint64_t bias = types_.BiasOf(module);
    if (const symbolize::TypedVariable* found = types->FindVariable(address - bias))
      return {found->name, found->file, found->line, found->start + bias, Pack(module, found->type)};
  }
  symbolize::VariableSymbol symbol = variables_.Find(module, address);
  return {std::move(symbol.name), {}, 0, symbol.start, TypeId::kNone};
}

std::string ProcessDataNames::ReadableType(const std::string& mangled) { return symbolize::ReadableTypeName(mangled); }

TypeId ProcessDataNames::TypeNamed(std::uint32_t module, const std::string& readable) {
  const symbolize::ModuleTypes* types = types_.Of(module);
  return types == nullptr ? TypeId::kNone : Pack(module, types->Named(readable));
}

std::string ProcessDataNames::NameOf(TypeId type) {
  symbolize::ModuleTypes* types = types_.Of(ModuleOf(type));
  return types == nullptr ? std::string() : types->Name(NumberOf(type));
}

std::uint64_t ProcessDataNames::BytesOf(TypeId type) {
  symbolize::ModuleTypes* types = types_.Of(ModuleOf(type));
  return types == nullptr ? 0 : types->Bytes(NumberOf(type));
}

std::vector<heapgraph::PointerField> ProcessDataNames::PointersOf(TypeId type) {
  std::vector<heapgraph::PointerField> fields;
  symbolize::ModuleTypes* types = types_.Of(ModuleOf(type));
  if (types == nullptr) return fields;
  for (const symbolize::PointerMember& member : types->Pointers(NumberOf(type)))
    fields.push_back({member.offset, Pack(ModuleOf(type), member.target)});
  return fields;
}

std::optional<std::string> ProcessDataNames::MemberAt(TypeId type, std::uint64_t bytes, std::uint64_t offset) {
  symbolize::ModuleTypes* types = types_.Of(ModuleOf(type));
  return types == nullptr ? std::nullopt : types->Member(NumberOf(type), bytes, offset);
}

}  // namespace mqtrack::cli
