// What the files of a process say of its data: names of variables, types of objects, who makes a block. The graph does
// not know where that comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/log/reader.h"

namespace mqtrack::heapgraph {

enum class TypeId : std::uint64_t { kNone = 0xffffffffffffffff };

/// A pointer in an object.
struct PointerField {
  std::uint64_t offset = 0;
  TypeId target = TypeId::kNone;
};

struct VariableFacts {
  std::string name;  // empty: it has none
  std::string file;  // where it is declared; may be empty
  std::int64_t line = 0;
  std::uint64_t start = 0;  // in the process
  TypeId type = TypeId::kNone;
};

/// Who makes blocks: the frame to blame of a stack.
struct MakerFacts {
  std::uint64_t place = 0;  // another one for each sort of thing that it makes, as far as the code tells
  std::string function;
  std::string file;
  std::int64_t line = 0;
  std::string module;
};

/// Not thread-safe. Answers may take as long as it takes to read a file's debug information.
class DataNames {
 public:
  DataNames() = default;
  DataNames(const DataNames&) = delete;
  DataNames& operator=(const DataNames&) = delete;
  virtual ~DataNames() = default;

  [[nodiscard]] virtual MakerFacts MakerOf(log::StackId stack) = 0;
  /// `module`: index in the log.
  [[nodiscard]] virtual VariableFacts VariableAt(std::uint32_t module, std::uint64_t address) = 0;
  /// The readable form of a C++ type's name as std::type_info has it; empty if it is none.
  [[nodiscard]] virtual std::string ReadableType(const std::string& mangled) = 0;
  [[nodiscard]] virtual TypeId TypeNamed(std::uint32_t module, const std::string& readable) = 0;

  [[nodiscard]] virtual std::string NameOf(TypeId type) = 0;
  /// 0: not known.
  [[nodiscard]] virtual std::uint64_t BytesOf(TypeId type) = 0;
  [[nodiscard]] virtual std::vector<PointerField> PointersOf(TypeId type) = 0;
  /// In `bytes` of them: "msgs_out.queued", "[].next"; empty: it needs no name. Nothing: not known.
  [[nodiscard]] virtual std::optional<std::string> MemberAt(TypeId type, std::uint64_t bytes, std::uint64_t offset) = 0;
};

}  // namespace mqtrack::heapgraph
