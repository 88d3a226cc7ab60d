#include "reports/flame/flame_legend.h"

#include <cstdio>
#include <vector>

#include "libtrack/support/units.h"
#include "libtrack/support/xml.h"
#include "reports/flame/deep_stacks.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

constexpr double kRowHeight = 22;
constexpr double kSwatch = 14;
constexpr double kCharacterWidth = 6.4;  // of the 12 px proportional text, generously
constexpr std::size_t kNamedModules = 8;

// Places swatches with words side by side and goes on in the next row when one is full.
class LegendWriter {
 public:
  LegendWriter(double left, double width) : left_(left), width_(width), x_(left) {}

  void Add(const std::string& classes, const std::string& words) {
    const double text_width = static_cast<double>(DisplayColumns(words)) * kCharacterWidth;
    if (x_ > left_ && x_ + kSwatch + 6 + text_width > left_ + width_) NewRow();
    Swatch(classes);
    Words(x_ + kSwatch + 6, words);
    x_ += kSwatch + 6 + text_width + 14;
  }
  // Several swatches side by side with one explanation.
  void Scale(const std::vector<std::string>& classes, const std::string& words) {
    const double text_width = static_cast<double>(DisplayColumns(words)) * kCharacterWidth;
    const double swatches = static_cast<double>(classes.size() - 1) * (kSwatch + 1);
    if (x_ > left_ && x_ + swatches + kSwatch + 6 + text_width > left_ + width_) NewRow();
    for (std::size_t i = 0; i + 1 < classes.size(); ++i) {
      Swatch(classes[i]);
      x_ += kSwatch + 1;
    }
    Add(classes.back(), words);
  }
  void Line(const std::string& words) {
    if (x_ > left_) NewRow();
    Words(left_, words);
    NewRow();
  }
  [[nodiscard]] DrawnLegend Finish() {
    if (x_ > left_) NewRow();
    return {std::move(svg_), y_};
  }

 private:
  void NewRow() {
    x_ = left_;
    y_ += kRowHeight;
  }
  void Swatch(const std::string& classes) {
    svg_ += "<g class=\"" + classes + "\"><rect x=\"" + FormatPixels(x_) + "\" y=\"" + FormatPixels(y_ + 2) +
            "\" width=\"14\" height=\"" + (classes == "k" ? "4" : "14") + "\"/></g>";
  }
  void Words(double x, const std::string& words) {
    svg_ += "<text x=\"" + FormatPixels(x) + "\" y=\"" + FormatPixels(y_ + 13) + "\">" + support::EscapeXml(words) +
            "</text>\n";
  }

  double left_, width_, x_, y_ = 0;
  std::string svg_;
};

void AddGrowthColours(bool has_base, LegendWriter* legend) {
  if (!has_base) {
    legend->Add("b4", "shrank");
    legend->Add("n", "alike in sum");
    legend->Add("r4", "grew");
    return;
  }
  legend->Scale({"b4", "b3", "b2", "b1"}, "shrank: less than half, to a half, by a third, by 10 %");
  legend->Add("n", "alike in sum");
  legend->Scale({"r1", "r2", "r3", "r4"}, "grew: by 10 %, by half, up to doubled, more or new");
}

void AddModules(const ModulePalette& palette, LegendWriter* legend) {
  const std::vector<std::string>& modules = palette.modules();
  for (std::size_t i = 0; i < modules.size() && i < kNamedModules; ++i) {
    legend->Add(palette.ClassOf(modules[i]), modules[i].empty() ? "unknown module" : modules[i]);
  }
  if (modules.size() > kNamedModules) {
    legend->Line("and " + std::to_string(modules.size() - kNamedModules) + " further modules");
  }
}

std::string ElidedText(const FlameTree& tree, double min_fraction, const std::string& unit) {
  char percent[24];
  std::snprintf(percent, sizeof percent, "%.3g", min_fraction * 100);
  return "Left out: " + support::FormatCount(static_cast<std::int64_t>(tree.elided_boxes)) +
         (tree.elided_boxes == 1 ? " box" : " boxes") + " narrower than " + percent + " %, together " +
         support::FormatValue(tree.elided_weight, unit) + " (" +
         support::FormatPercent(tree.elided_weight, tree.boxes[0].weight) + ").";
}

std::string ShortenedText(std::size_t stacks) {
  return support::FormatCount(static_cast<std::int64_t>(stacks)) +
         (stacks == 1 ? " stack is deeper than " : " stacks are deeper than ") + std::to_string(kDrawnFrames) +
         " frames: of each, the outermost and the innermost half of that are drawn.";
}

}  // namespace

DrawnLegend DrawLegend(const StackSet& set, const FlameTree& tree, const ModulePalette& palette,
                       const DrawnBoxes& boxes, double min_fraction, std::size_t shortened_stacks, double left,
                       double width) {
  LegendWriter legend(left, width);
  if (set.is_diff) {
    AddGrowthColours(set.has_base, &legend);
  } else {
    AddModules(palette, &legend);
    if (boxes.has_wrappers) legend.Add("w", "passes on (library or wrapper)");
  }
  // In a colour of the picture, as a box of it is drawn.
  if (!boxes.inlined_classes.empty()) legend.Add(boxes.inlined_classes, "inlined into the box above");
  if (boxes.markers > 0) legend.Add("k", CollapsedFrames(set.value_type) + ", collapsed");
  if (tree.elided_boxes > 0) legend.Line(ElidedText(tree, min_fraction, set.value_type.unit));
  if (shortened_stacks > 0) legend.Line(ShortenedText(shortened_stacks));
  return legend.Finish();
}

}  // namespace mqtrack::reports
