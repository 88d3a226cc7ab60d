#include "reports/code/listing_text.h"

#include <algorithm>
#include <map>

#include "libtrack/analysis/printable.h"
#include "reports/code/code_words.h"
#include "reports/code/shown_lines.h"
#include "reports/words/columns.h"
#include "reports/words/fit_names.h"

namespace mqtrack::reports {
namespace {

/// Cells of one function, right-aligned by hand: the text of a line must stay as it is.
class Listing {
 public:
  Listing(const profile::ValueType& type, const CodeOptions& options) : type_(type), options_(options) {}

  /// `cost` may be null.
  void Add(std::int64_t number, const analysis::LineCost* cost, const std::string& text) {
    const auto value = [&](std::int64_t amount) { return amount == 0 ? "." : CodeValue(amount, type_, options_); };
    rows_.push_back({cost != nullptr ? value(cost->flat) : ".", cost != nullptr ? value(cost->cum) : ".",
                     number > 0 ? std::to_string(number) : "?", text, cost != nullptr});
  }
  void AddGap() { rows_.push_back({"", "", "...", "", false}); }

  [[nodiscard]] std::string Render() const {
    std::size_t flat = 4, cum = 3, number = 4;
    for (const Row& row : rows_) {
      flat = std::max(flat, TextWidth(row.flat));
      cum = std::max(cum, TextWidth(row.cum));
      number = std::max(number, row.number.size());
    }
    std::string text = Line({"flat", "cum", "line", "", false}, flat, cum, number, Style::kDim);
    for (const Row& row : rows_) text += Line(row, flat, cum, number, row.hit ? Style::kBold : Style::kPlain);
    return text;
  }

 private:
  struct Row {
    std::string flat, cum, number, text;
    bool hit = false;
  };

  [[nodiscard]] std::string Line(const Row& row, std::size_t flat, std::size_t cum, std::size_t number,
                                 Style style) const {
    const auto right = [](const std::string& text, std::size_t width) {
      return std::string(width - std::min(width, TextWidth(text)), ' ') + text;
    };
    std::string line = "  " + right(row.flat, flat) + "  " + right(row.cum, cum) + "  " + right(row.number, number);
    if (!row.text.empty()) line += "  " + row.text;
    if (options_.width_columns > 0) {
      line = std::string(FirstCharacters(line, static_cast<std::size_t>(options_.width_columns)));
    }
    return Styled(line, style, options_.colour) + "\n";
  }

  const profile::ValueType& type_;
  const CodeOptions& options_;
  std::vector<Row> rows_;
};

/// A line of source, with blanks for tabs and nothing that could move a cursor.
std::string SourceLine(const std::string& line) {
  std::string text;
  for (const char character : line) {
    if (character == '\t') {
      text.append(8 - text.size() % 8, ' ');
    } else {
      text += character;
    }
  }
  return analysis::Printable(text);
}

std::string FunctionListing(const analysis::FunctionLines& function, const FoundSource& source,
                            const profile::ValueType& type, const CodeOptions& options) {
  Listing listing(type, options);
  std::map<std::int64_t, const analysis::LineCost*> costs;
  for (const analysis::LineCost& line : function.lines) costs[line.line] = &line;
  for (const auto& [number, cost] : costs) {
    if (number <= 0) listing.Add(0, cost, "(which line is not known)");
  }
  const auto file_lines = static_cast<std::int64_t>(source.lines.size());
  bool is_first = true;
  for (const auto& [first, last] : ShownLines(function, file_lines, options.context_lines)) {
    if (!is_first) listing.AddGap();
    is_first = false;
    for (std::int64_t number = first; number <= last; ++number) {
      const auto cost = costs.find(number);
      listing.Add(number, cost == costs.end() ? nullptr : cost->second,
                  SourceLine(source.lines[static_cast<std::size_t>(number - 1)]));
    }
  }
  for (const auto& [number, cost] : costs) {
    if (number > file_lines && number > 0) listing.Add(number, cost, "");
  }
  return listing.Render();
}

/// Where the function is said to be, and where its source was found if that is another place.
std::string Place(const analysis::FunctionLines& function, const FoundSource& source) {
  if (function.file.empty()) return function.module;
  return source.path.empty() || source.path == function.file ? function.file
                                                             : function.file + " (found as " + source.path + ")";
}

}  // namespace

std::string RenderListingText(const analysis::SourceLines& lines, const std::vector<FoundSource>& sources,
                              const CodeOptions& options) {
  std::string text =
      Styled(CodeHeading(lines.value_type, lines.functions.size(), options), Style::kBold, options.colour) + "\n";
  const FoundSource nothing;
  for (std::size_t i = 0; i < FunctionsShown(lines.functions.size(), options); ++i) {
    const analysis::FunctionLines& function = lines.functions[i];
    const FoundSource& source = i < sources.size() ? sources[i] : nothing;
    text += "\n" + Styled(ShownName(function.function), Style::kBold, options.colour);
    if (const std::string place = Place(function, source); !place.empty()) text += "  " + analysis::Printable(place);
    text += "\n  " + FlatAndCum(function.flat, function.cum, lines.total, lines.value_type, options) + "\n";
    if (!source.note.empty())
      text += "  " + Styled(analysis::Printable(source.note), Style::kDim, options.colour) + "\n";
    text += FunctionListing(function, source, lines.value_type, options);
  }
  const std::string rest = FunctionsLeftOut(lines.functions.size(), options);
  return text + (rest.empty() ? "" : "\n" + rest);
}

}  // namespace mqtrack::reports
