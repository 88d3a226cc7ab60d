#include "reports/callgraph/interactive_svg.h"

#include <string_view>

#include "reports/picture/embedded.h"

namespace mqtrack::reports {

extern const std::string_view kCallGraphScript;
extern const std::string_view kCallGraphStyle;

namespace {

// Graphviz repeats every name in a comment. They are escaped, but of no use to a reader, and names are not ours.
std::string WithoutComments(std::string_view svg) {
  std::string result;
  while (true) {
    const std::size_t open = svg.find("<!--");
    result += svg.substr(0, open);
    const std::size_t close = open == std::string_view::npos ? open : svg.find("-->", open);
    if (close == std::string_view::npos) return result;
    svg.remove_prefix(close + 3);
    if (svg.starts_with('\n')) svg.remove_prefix(1);
  }
}

}  // namespace

std::string MakeInteractive(const std::string& svg) {
  const std::size_t start = svg.find("<svg ");
  const std::size_t end = svg.rfind("</svg>");
  if (start == std::string::npos || end == std::string::npos) return svg;
  std::string result = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  result += "<svg class=\"mqtrack-graph\" ";
  const std::size_t attributes = start + std::string_view("<svg ").size();
  const std::size_t content = svg.find('>', start) + 1;
  result += svg.substr(attributes, content - attributes);
  result.append("\n<style><![CDATA[\n").append(kCallGraphStyle).append("]]></style>");
  result += WithoutComments(std::string_view(svg).substr(content, end - content));
  result.append("<script><![CDATA[\n").append(kToolbarScript).append(kCallGraphScript).append("]]></script>\n</svg>\n");
  return result;
}

}  // namespace mqtrack::reports
