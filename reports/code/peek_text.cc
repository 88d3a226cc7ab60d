#include "reports/code/peek_text.h"

#include "libtrack/support/units.h"
#include "reports/code/code_words.h"
#include "reports/words/columns.h"
#include "reports/words/fit_names.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using Kind = Columns::Kind;

std::string Neighbours(const std::vector<analysis::Neighbour>& neighbours, std::int64_t cum, const char* none,
                       const analysis::FunctionPeek& peek, const CodeOptions& options) {
  if (neighbours.empty()) return "      " + Styled(none, Style::kDim, options.colour) + "\n";
  Columns columns({Kind::kNumber, Kind::kNumber, Kind::kName, Kind::kText});
  for (const analysis::Neighbour& neighbour : neighbours) {
    columns.AddRow({{CodeValue(neighbour.value, peek.value_type, options)},
                    {support::FormatPercent(neighbour.value, cum), Style::kDim},
                    {neighbour.function},
                    {neighbour.inlined ? "(inlined)" : "", Style::kDim}});
  }
  return columns.Render(6, options.width_columns, options.colour);
}

}  // namespace

std::string RenderPeekText(const analysis::FunctionPeek& peek, const CodeOptions& options) {
  std::string text =
      Styled(CodeHeading(peek.value_type, peek.functions.size(), options), Style::kBold, options.colour) + "\n";
  for (std::size_t i = 0; i < FunctionsShown(peek.functions.size(), options); ++i) {
    const analysis::PeekedFunction& function = peek.functions[i];
    Columns heading({Kind::kName, Kind::kPath});
    heading.AddRow({{function.function, Style::kBold}, {Where(function.file, 0, function.module), Style::kDim}});
    text += "\n" + heading.Render(0, options.width_columns, options.colour);
    text += "  " + FlatAndCum(function.flat, function.cum, peek.total, peek.value_type, options) + "\n";
    text +=
        "  called by\n" + Neighbours(function.callers, function.cum, "nothing: it begins its stacks", peek, options);
    text += "  calls\n" + Neighbours(function.callees, function.cum, "nothing: it ends its stacks", peek, options);
  }
  const std::string rest = FunctionsLeftOut(peek.functions.size(), options);
  return text + (rest.empty() ? "" : "\n" + rest);
}

}  // namespace mqtrack::reports
