// The catalogue of figures: every name under which something is told about a service, with its type, unit and meaning.
// docs/metrics.md lists the same; a test holds both against what is served.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::figures {

enum class FigureType {
  kGauge,
  kCounter,  // only rises while the recording lasts
  kInfo      // the value is 1; what it says stands in its labels
};
/// "gauge", "counter", "info": as OpenMetrics 1.0 calls them.
[[nodiscard]] std::string_view TypeName(FigureType type);

struct FigureKind {
  std::string name;  // of the family, as OpenMetrics has it: without "_total" and "_info"
  FigureType type = FigureType::kGauge;
  std::string unit;    // a base unit that the name ends in, or empty
  std::string labels;  // names of its labels besides `process`, separated by blanks
  std::string meaning;

  /// Of its samples: with "_total" or "_info".
  [[nodiscard]] std::string SampleName() const;
};

/// All of them, in the order in which they are served. Those of sample types come from the table of kinds.
[[nodiscard]] const std::vector<FigureKind>& FigureKinds();

/// The row of this name; a name that is not in the catalogue is a broken invariant.
[[nodiscard]] const FigureKind& FigureKindOf(std::string_view name);

/// The name of a sample type's figure: "mqtrack_inuse_space_bytes", "mqtrack_threads". Empty: it has none.
[[nodiscard]] std::string FigureOfSampleType(std::string_view type);

}  // namespace mqtrack::figures
