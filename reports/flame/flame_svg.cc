// Puts the flame graph together: caption, boxes, legend, style and script in one self-contained file.
#include "reports/flame/flame_svg.h"

#include <algorithm>

#include "libtrack/support/units.h"
#include "libtrack/support/xml.h"
#include "reports/flame/deep_stacks.h"
#include "reports/flame/flame_boxes.h"
#include "reports/flame/flame_colours.h"
#include "reports/flame/flame_legend.h"
#include "reports/flame/flame_tree.h"
#include "reports/picture/caption.h"
#include "reports/picture/embedded.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {

extern const std::string_view kFlameStyle;
extern const std::string_view kFlameScript;

namespace {

constexpr double kMargin = 16;
constexpr int kMinWidth = 480;

// Grows downwards as lines are added.
struct Heading {
  std::string svg;
  double y = kMargin;
};

void AddLine(const std::string& classes, const std::string& text, double width, double character, double advance,
             Heading* heading) {
  if (text.empty()) return;
  const auto columns = static_cast<std::size_t>((width - 2 * kMargin) / character);
  heading->svg += "<text class=\"" + classes + "\" x=\"16\" y=\"" + FormatPixels(heading->y + advance - 7) + "\">" +
                  support::EscapeXml(FitColumns(text, columns)) + "</text>\n";
  heading->y += advance;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : " \xC2\xB7 ") + part;
  return joined;
}

std::string HowToRead(const StackSet& set) {
  const std::string type = DescribeSampleType(set.value_type.type);
  return (set.is_diff ? "Width: by how much " + type + " changed, red up, blue down." : "Width: " + type + ".") +
         (set.is_of_holders ? " Owners above, what they hold below; the lowest box of a column made it."
                            : " Callers above, callees below: the lowest box of a column is the line to look at.");
}

Heading DrawHeading(const Caption& caption, const StackSet& set, bool is_empty, double width) {
  Heading heading;
  AddLine("title", caption.title, width, 9.6, 26, &heading);
  AddLine("summary", caption.summary, width, 7.2, 21, &heading);
  AddLine("facts", caption.part, width, 6.4, 19, &heading);
  AddLine("facts", Join(caption.facts), width, 6.4, 19, &heading);
  for (const std::string& warning : caption.warnings) {
    AddLine("warning", "\xE2\x9A\xA0 " + warning, width, 6.6, 19, &heading);
  }
  if (!is_empty) {
    heading.y += 7;
    AddLine("detail", HowToRead(set), width, 6.4, 24, &heading);
  }
  heading.y += 3;
  return heading;
}

// What an empty picture says instead of boxes.
std::string NothingText(const StackSet& set, bool is_part) {
  const std::string type = DescribeSampleType(set.value_type.type) + (is_part ? " that match the filter" : "");
  if (!set.has_base) return "Nothing to show: the profile holds no " + type + ".";
  if (set.total.base == 0 && set.total.value == 0) return "Nothing grew: neither profile holds any " + type + ".";
  return "Nothing grew between the two profiles: every stack holds as many " + type + " as before (" +
         support::FormatValue(set.total.value, set.value_type.unit) + ").";
}

std::string OpenSvg(const std::string& title, int width, double height) {
  const std::string size = std::to_string(width) + "\" height=\"" + FormatPixels(height);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
         "class=\"mqtrack-flame\" "
         "width=\"" +
         size + "\" viewBox=\"0 0 " + std::to_string(width) + " " + FormatPixels(height) +
         "\" role=\"img\" aria-label=\"" + support::EscapeXml(title) + "\">\n<title>" + support::EscapeXml(title) +
         "</title>\n<style><![CDATA[\n" + std::string(kFlameStyle) +
         "]]></style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n";
}

std::string ScriptElement() {
  return "<script><![CDATA[\n" + std::string(kToolbarScript) + std::string(kFlameScript) + "]]></script>\n";
}

}  // namespace

support::Result<std::string> RenderFlameSvg(const profile::Profile& profile, const profile::Profile* base,
                                            const analysis::WrapperList& wrappers, const FlameOptions& options) {
  support::Result<StackSet> collected = CollectStacks(profile, base, wrappers, options.sample_type);
  if (!collected) return collected.error();
  StackSet& set = *collected;
  const std::size_t shortened = ShortenDeepStacks(set);
  const FlameTree tree = BuildFlameTree(set, options.min_fraction);
  Caption caption = MakeCaption(profile, base, set, options.title, options.kept);
  if (!options.verdicts.empty()) caption.facts.push_back(CleanText(options.verdicts));
  const int width = std::max(options.width_px, kMinWidth);
  const bool is_empty = tree.boxes[0].weight == 0;
  const Heading heading = DrawHeading(caption, set, is_empty, width);
  const std::string title = caption.title + ", " + caption.summary;
  if (is_empty) {
    return OpenSvg(title, width, heading.y + 80) + "<g class=\"heading\">\n" + heading.svg +
           "</g>\n<text class=\"nothing\" x=\"16\" y=\"" + FormatPixels(heading.y + 36) + "\">" +
           support::EscapeXml(NothingText(set, !caption.part.empty())) + "</text>\n</svg>\n";
  }
  const ModulePalette palette(set, tree);
  const FlameGeometry geometry{kMargin, heading.y, width - 2 * kMargin};
  const DrawnBoxes boxes = DrawBoxes(set, tree, palette, geometry);
  const double legend_top = heading.y + boxes.rows * FlameGeometry::kRowHeight + 18;
  const DrawnLegend legend =
      DrawLegend(set, tree, palette, boxes, options.min_fraction, shortened, kMargin, width - 2 * kMargin);
  // The boxes stand before the heading, so that the script may keep the heading in view above them.
  return OpenSvg(title, width, legend_top + legend.height + kMargin) + "<g class=\"boxes\">\n" + boxes.svg +
         "</g>\n<g class=\"legend\" transform=\"translate(0 " + FormatPixels(legend_top) + ")\">\n" + legend.svg +
         "</g>\n<g class=\"heading\" data-height=\"" + FormatPixels(heading.y) + "\" data-whole=\"" +
         (set.is_diff ? "all change" : "the total") + "\" data-collapsed=\"" + CollapsedFrames(set.value_type) +
         "\">\n<rect class=\"page\" width=\"100%\" height=\"" + FormatPixels(heading.y) + "\"/>\n" + heading.svg +
         "</g>\n" + ScriptElement() + "</svg>\n";
}

}  // namespace mqtrack::reports
