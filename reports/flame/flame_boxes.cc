#include "reports/flame/flame_boxes.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <vector>

#include "libtrack/support/base_name.h"
#include "libtrack/support/cxx_name.h"
#include "libtrack/support/units.h"
#include "libtrack/support/xml.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

constexpr std::size_t kMostMarked = 12;  // names of collapsed frames, in one text

constexpr double kCharacterWidth = 7.3;  // of the 12 px monospace fonts in flame.css, the widest of them
constexpr double kTextPadding = 5;
constexpr const char* kPlaceGap = " \xC2\xB7 ";  // between a name and its line, as in flame.js
constexpr const char* kArrow = " \xE2\x86\x92 ";

constexpr std::string_view kBoxClass = "f ";  // of every box; its colour follows

class BoxDrawer {
 public:
  BoxDrawer(const StackSet& set, const FlameTree& tree, const ModulePalette& palette, const FlameGeometry& geometry)
      : set_(set), tree_(tree), palette_(palette), geometry_(geometry) {}

  // Without recursion: a foreign profile may hold stacks of any depth.
  DrawnBoxes Draw() {
    std::vector<Placed> to_draw{{0, geometry_.left, geometry_.width}};
    while (!to_draw.empty()) {
      const Placed placed = to_draw.back();
      to_draw.pop_back();
      DrawBox(placed);
      const auto first_child = static_cast<std::ptrdiff_t>(to_draw.size());
      PlaceChildren(placed, &to_draw);
      std::reverse(to_draw.begin() + first_child, to_draw.end());  // the first child is drawn next
    }
    return std::move(drawn_);
  }

 private:
  struct Placed {
    std::uint32_t index = 0;
    double x = 0, width = 0;
  };

  void DrawBox(const Placed& placed) {
    const FlameBox& box = tree_.boxes[placed.index];
    OpenGroup(placed.index);
    DrawRectAndText(placed.index, placed.x, placed.width);
    DrawMarker(box, placed.x, placed.width);
    drawn_.svg += "</g>\n";
    if (!box.tail) drawn_.rows = std::max(drawn_.rows, box.depth + 1);
  }

  void PlaceChildren(const Placed& parent, std::vector<Placed>* placed) const {
    const FlameBox& box = tree_.boxes[parent.index];
    double x = parent.x;
    for (const std::uint32_t child : box.children) {
      const double width = Share(tree_.boxes[child], box) * parent.width;
      placed->push_back({child, x, width});
      x += width;
    }
  }

  static double Share(const FlameBox& part, const FlameBox& whole) {
    return whole.weight == 0 ? 0 : static_cast<double>(part.weight) / static_cast<double>(whole.weight);
  }

  [[nodiscard]] std::string NameOf(std::uint32_t index) const {
    return index == 0 ? "all" : set_.frames[Index(tree_.boxes[index].frame)].name;
  }

  void OpenGroup(std::uint32_t index) {
    const FlameBox& box = tree_.boxes[index];
    std::string classes(kBoxClass);
    if (index == 0) {
      classes += set_.is_diff ? GrowthClass(box, set_.has_base) : "root";
    } else {
      const FrameText& frame = set_.frames[Index(box.frame)];
      const bool muted = frame.wrapper || box.tail;
      classes += set_.is_diff  ? GrowthClass(box, set_.has_base)
                 : muted       ? "w"
                 : frame.label ? "label"
                               : palette_.ClassOf(frame.module);
      if (frame.inlined) classes += set_.is_diff ? " i" : " i il";
      if (frame.inlined && !box.tail && drawn_.inlined_classes.empty())
        drawn_.inlined_classes = classes.substr(kBoxClass.size());
      if (box.tail) classes += " t";
      drawn_.has_wrappers = drawn_.has_wrappers || (frame.wrapper && !box.tail);
    }
    const std::string name = NameOf(index), bare_name = support::BareName(name);
    drawn_.svg += "<g class=\"" + classes + "\" data-d=\"" + std::to_string(box.depth) + "\"";
    if (const std::string place = LowestPlace(index); !place.empty())
      drawn_.svg += " data-w=\"" + support::EscapeXml(place) + "\"";
    if (bare_name != name) drawn_.svg += " data-s=\"" + support::EscapeXml(bare_name) + "\"";
    drawn_.svg += "><title>" + support::EscapeXml(Details(index)) + "</title>";
  }

  void DrawRectAndText(std::uint32_t index, double x, double width) {
    const FlameBox& box = tree_.boxes[index];
    const double y = geometry_.top + box.depth * FlameGeometry::kRowHeight;
    drawn_.svg += "<rect x=\"" + FormatPixels(x) + "\" y=\"" + FormatPixels(y) + "\" width=\"" + FormatPixels(width) +
                  "\" height=\"" + std::to_string(FlameGeometry::kRowHeight) + "\"/>";
    const std::string text = TextThatFits(NameOf(index), LowestPlace(index), width);
    if (text.empty()) return;
    drawn_.svg += "<text x=\"" + FormatPixels(x + kTextPadding) + "\" y=\"" + FormatPixels(y + 14) + "\">" +
                  support::EscapeXml(text) + "</text>";
  }

  /// "retain.c:123" of a box that is the lowest of its column while allocator frames are collapsed: the line to look
  /// at.
  [[nodiscard]] std::string LowestPlace(std::uint32_t index) const {
    const FlameBox& box = tree_.boxes[index];
    const bool is_lowest = std::all_of(box.children.begin(), box.children.end(),
                                       [this](std::uint32_t child) { return tree_.boxes[child].tail; });
    if (index == 0 || box.tail || !is_lowest || box.line <= 0) return {};
    const std::string_view file = support::BaseName(set_.frames[Index(box.frame)].file);
    return file.empty() ? std::string() : std::string(file) + ":" + std::to_string(box.line);
  }

  // The longest form of the name that fits, with the place behind it if any form leaves room for that: whole, without
  // arguments, the last component, or the beginning of that.
  static std::string TextThatFits(const std::string& name, const std::string& place, double width) {
    const double room = (width - 2 * kTextPadding) / kCharacterWidth;
    if (room < 3) return {};
    const auto columns = static_cast<std::size_t>(room);
    const std::string bare_name = support::BareName(name);
    const std::size_t scope = bare_name.rfind("::");
    const std::string last = scope == std::string::npos ? bare_name : bare_name.substr(scope + 2);
    const std::string behind = place.empty() ? std::string() : kPlaceGap + place;
    for (const std::string& end : {behind, std::string()}) {
      for (const std::string& form : {name, bare_name, last}) {
        if (DisplayColumns(form + end) <= columns) return form + end;
      }
    }
    return FitColumns(last, columns);
  }

  // One strip for all collapsed frames below a culprit.
  void DrawMarker(const FlameBox& box, double x, double width) {
    if (box.tail) return;
    double start = x, marked = 0;
    std::uint32_t heaviest = 0;
    for (const std::uint32_t child : box.children) {
      const double child_width = Share(tree_.boxes[child], box) * width;
      if (!tree_.boxes[child].tail) {
        start += child_width;
        continue;
      }
      if (heaviest == 0) heaviest = child;
      marked += child_width;
    }
    if (heaviest == 0) return;
    ++drawn_.markers;
    const double y = geometry_.top + (box.depth + 1) * FlameGeometry::kRowHeight;
    drawn_.svg += "<rect class=\"k\" x=\"" + FormatPixels(start) + "\" y=\"" + FormatPixels(y) + "\" width=\"" +
                  FormatPixels(marked) + "\" height=\"4\"><title>" + support::EscapeXml(MarkerText(heaviest)) +
                  "</title></rect>";
  }

  // "Allocator frames: 2, mosquitto__malloc → malloc", of the heaviest way down.
  [[nodiscard]] std::string MarkerText(std::uint32_t index) const {
    std::string names;
    std::size_t count = 0;
    while (true) {
      if (count < kMostMarked) names += (count == 0 ? "" : kArrow) + support::BareName(NameOf(index));
      if (count++ == kMostMarked) names += std::string(kArrow) + "...";
      if (tree_.boxes[index].children.empty()) break;
      index = tree_.boxes[index].children.front();
    }
    return CollapsedFrames(set_.value_type) + ": " + std::to_string(count) + ", " + names +
           "\nclick to show the frames that only pass a call on";
  }

  // Line by line: name, place, value, objects. The first two are what a search looks at.
  [[nodiscard]] std::string Details(std::uint32_t index) const {
    const FlameBox& box = tree_.boxes[index];
    std::string text = NameOf(index) + "\n";
    if (index != 0) text += PlaceOf(box);
    text += "\n" + ValueText(box.value, box.weight);
    if (box.self.base != 0 || box.self.value != 0) {
      const bool all = box.self.base == box.value.base && box.self.value == box.value.value;
      text += all ? ", all of it its own" : ", " + Own(box.self) + " its own";
    }
    if (set_.has_objects) text += "\n" + ObjectsText(box.objects);
    return text;
  }

  [[nodiscard]] std::string PlaceOf(const FlameBox& box) const {
    const FrameText& frame = set_.frames[Index(box.frame)];
    std::string place = frame.file;
    if (box.line > 0 && !place.empty()) place += ":" + std::to_string(box.line);
    if (box.other_lines > 0) {
      place += " and " + std::to_string(box.other_lines) + (box.other_lines == 1 ? " other line" : " other lines");
    }
    if (!frame.module.empty() && !frame.name.starts_with(frame.module + "+0x")) {
      place += (place.empty() ? "in " : " in ") + frame.module;
    }
    if (frame.inlined) place += place.empty() ? "inlined" : ", inlined";
    return place;
  }

  [[nodiscard]] std::string Own(const PairedValue& self) const {
    return set_.is_diff ? support::FormatSignedValue(self.growth(), set_.value_type.unit)
                        : support::FormatValue(self.value, set_.value_type.unit);
  }

  [[nodiscard]] std::string ValueText(const PairedValue& value, std::int64_t weight) const {
    const std::string& unit = set_.value_type.unit;
    const std::string share = support::FormatPercent(weight, tree_.boxes[0].weight);
    if (!set_.is_diff) return support::FormatValue(value.value, unit) + " (" + share + ")";
    std::string text = support::FormatSignedValue(value.growth(), unit);
    if (set_.has_base) {
      text += ": " + support::FormatValue(value.base, unit) + kArrow + support::FormatValue(value.value, unit);
    }
    return text + " (" + share + " of all change)";
  }

  [[nodiscard]] std::string ObjectsText(const PairedValue& objects) const {
    if (!set_.is_diff) return support::FormatCount(objects.value) + " objects";
    std::string text = support::FormatSignedCount(objects.growth()) + " objects";
    if (set_.has_base) {
      text += ": " + support::FormatCount(objects.base) + kArrow + support::FormatCount(objects.value);
    }
    return text;
  }

  const StackSet& set_;
  const FlameTree& tree_;
  const ModulePalette& palette_;
  const FlameGeometry& geometry_;
  DrawnBoxes drawn_;
};

}  // namespace

std::string FormatPixels(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", number);
  std::string trimmed = text;
  while (trimmed.back() == '0') trimmed.pop_back();
  if (trimmed.back() == '.') trimmed.pop_back();
  return trimmed;
}

DrawnBoxes DrawBoxes(const StackSet& set, const FlameTree& tree, const ModulePalette& palette,
                     const FlameGeometry& geometry) {
  return BoxDrawer(set, tree, palette, geometry).Draw();
}

}  // namespace mqtrack::reports
