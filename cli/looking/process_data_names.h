// What the graph asks about a process's data, from its files and its recorded stacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/looking/block_makers.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/snapshot/process_types.h"
#include "libtrack/snapshot/variable_names.h"

namespace mqtrack::cli {

class ProcessDataNames final : public heapgraph::DataNames {
 public:
  /// Borrows all.
  ProcessDataNames(const BlockMakers& makers, snapshot::ProcessTypes& types, snapshot::VariableNames& variables)
      : makers_(makers), types_(types), variables_(variables) {}

  [[nodiscard]] heapgraph::MakerFacts MakerOf(log::StackId stack) override { return makers_.Of(stack); }
  [[nodiscard]] heapgraph::VariableFacts VariableAt(std::uint32_t module, std::uint64_t address) override;
  [[nodiscard]] std::string ReadableType(const std::string& mangled) override;
  [[nodiscard]] heapgraph::TypeId TypeNamed(std::uint32_t module, const std::string& readable) override;
  [[nodiscard]] std::string NameOf(heapgraph::TypeId type) override;
  [[nodiscard]] std::uint64_t BytesOf(heapgraph::TypeId type) override;
  [[nodiscard]] std::vector<heapgraph::PointerField> PointersOf(heapgraph::TypeId type) override;
  [[nodiscard]] std::optional<std::string> MemberAt(heapgraph::TypeId type, std::uint64_t bytes,
                                                    std::uint64_t offset) override;

 private:
  const BlockMakers& makers_;
  snapshot::ProcessTypes& types_;
  snapshot::VariableNames& variables_;
};

}  // namespace mqtrack::cli
