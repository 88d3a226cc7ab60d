#include "reports/text/chains_text.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/display_name.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::Printable;

constexpr std::size_t kIndent = 2, kStepIndent = 6;

std::string Indented(const std::string& text) { return std::string(kStepIndent, ' ') + text + "\n"; }

std::string Amount(std::int64_t bytes, std::int64_t blocks) {
  return support::FormatBytes(bytes) + " in " + Plural(blocks, "block");
}

/// Chains have many lines, and where a source file lies is seen elsewhere.
std::string FileName(const std::string& path) { return Printable(support::BaseName(path)); }

/// What a C++ library's own nodes are called.
std::string TypeWords(const std::string& type) {
  if (type == "std::_Rb_tree_node_base") return "node of a std::map or std::set";
  if (type == "std::__detail::_List_node_base") return "node of a std::list";
  if (type == "std::__detail::_Hash_node_base") return "node of a std::unordered_map or std::unordered_set";
  return Printable(support::DisplayName(type));
}
std::string FunctionWords(const std::string& function) { return Printable(support::DisplayName(function)); }

std::string RootWords(const ChainRootRow& root) {
  if (!root.thread.empty()) return root.kind + " of " + Printable(root.thread);
  if (root.module.empty()) return root.kind;
  if (root.variable.empty()) return "variables of " + Printable(root.module) + " that have no name";
  std::string text = "global " + Printable(root.variable) + " (" + Printable(root.module);
  if (!root.file.empty()) text += ", " + Where(FileName(root.file), root.line, {});
  return text + ")";
}

/// "struct mosquitto", "made by context__init()".
std::string KindWords(const ChainStepRow& step) {
  if (!step.type.empty()) return TypeWords(step.type);
  const std::string where = Where(FileName(step.file), step.line, Printable(step.module));
  return "made by " + FunctionWords(step.function) + (where.empty() ? "" : " (" + where + ")");
}

std::string ThingWords(const ChainStepRow& step) {
  if (step.client_count == 1 && step.blocks == 1) return "client \"" + Printable(step.clients[0]) + "\"";
  if (step.client_count == step.blocks) return "client";
  return step.type.empty() ? "block of " + FunctionWords(step.function) : TypeWords(step.type);
}

std::string ClientsWords(const ChainStepRow& step) {
  std::string text = step.client_count == 1 ? "client " : "clients ";
  for (std::size_t i = 0; i < step.clients.size(); ++i)
    text += (i == 0 ? "\"" : ", \"") + Printable(step.clients[i]) + "\"";
  const std::int64_t more = step.client_count - static_cast<std::int64_t>(step.clients.size());
  if (more > 0) text += " and " + support::FormatCount(more) + " more";
  return text;
}

std::string StepWords(const ChainStepRow& step) {
  std::string text = "-> ";
  if (!step.member.empty()) text += Printable(step.member) + " -> ";
  if (step.client_count == 1 && step.blocks == 1) {
    text += ThingWords(step) + " (" + KindWords(step) + ")";
  } else if (step.type.empty()) {
    text += (step.blocks == 1 ? "a block" : Plural(step.blocks, "block")) + " " + KindWords(step);
  } else {
    text += (step.blocks == 1 ? std::string() : support::FormatCount(step.blocks) + " x ") + KindWords(step);
  }
  if (step.client_count > 1 || (step.client_count == 1 && step.blocks > 1)) text += ": " + ClientsWords(step);
  if (step.most_in_a_row > 1 && step.blocks > 1) {
    text += ", linked";
    for (std::size_t i = 0; i < step.repeats.size(); ++i) {
      if (!step.repeats[i].empty()) text += (text.ends_with("linked") ? " by " : " or ") + Printable(step.repeats[i]);
    }
  }
  return text;
}

/// Where several ways come together.
std::string PointersWords(const ChainStepRow& step) {
  return ", to which " + support::FormatCount(step.pointers) + " pointers lead in all";
}

/// Why such a root may hold nothing, and what would tell.
std::string UnsureWords(const ChainRootRow& root) {
  if (root.kind == "stack") return "What stands on a stack may be left over: look again in a moment.";
  if (root.kind == "register") return "What stands in a register may be left over: look again in a moment.";
  return "Nobody has told what this memory is: the word may be left over, or be no pointer.";
}

/// What has to go so that they go.
std::string EndWords(const ChainRow& chain) {
  if (!chain.is_sure)
    return "Nothing else holds " + std::string(chain.blocks == 1 ? "it" : "them") + ". " + UnsureWords(chain.root);
  const std::string they = chain.blocks == 1 ? "it" : "them";
  for (std::size_t i = 0; i + 1 < chain.steps.size(); ++i) {
    const ChainStepRow& step = chain.steps[i];
    if (!step.holds_alone) continue;
    if (step.blocks > 1) return "Every way to each leads through its " + ThingWords(step) + ": freed with it.";
    return "Every way to " + they + " leads through " + (step.client_count == 1 ? "" : "that ") + ThingWords(step) +
           ": freed with it.";
  }
  if (chain.root_holds_alone && chain.steps.size() == 1) return "Nothing else holds " + they + ".";
  if (chain.root_holds_alone) return "There are other ways to " + they + ", all of them from that variable.";
  return "There are other ways to " + they + " too, from elsewhere: ending this one alone need not free " + they + ".";
}

std::string ChainText(const ChainRow& chain, const ChainsOptions& options) {
  std::string text =
      std::string(kIndent, ' ') +
      Styled(Amount(chain.bytes, chain.blocks) + " (" + support::FormatPercent(chain.bytes, options.bytes) + ")",
             Style::kBold, options.colour) +
      "\n";
  text += Indented(RootWords(chain.root));
  bool before_holds_alone = true;
  for (const ChainStepRow& step : chain.steps) {
    text += Indented(StepWords(step) + (before_holds_alone || !step.holds_alone ? "" : PointersWords(step)));
    before_holds_alone = step.holds_alone;
  }
  return text + Indented(Styled(EndWords(chain), Style::kDim, options.colour));
}

std::string Verdict(const ChainsOptions& options) {
  std::string text =
      Printable(options.process) + ": " + Amount(options.bytes, options.blocks) + " " + Printable(options.asked);
  if (options.chains.empty()) return text + ": nothing holds them.";
  text += ", held in " + Plural(static_cast<std::int64_t>(options.chains.size()), "way");
  if (options.lost_blocks != 0) text += "; nothing holds " + support::FormatCount(options.lost_blocks) + " of them";
  return text + ".";
}

}  // namespace

std::string RenderChainsText(const ChainsOptions& options) {
  const auto line = [&](std::string_view what, const std::string& text) {
    return std::string(kIndent, ' ') + Styled(what, Style::kDim, options.colour) + "  " + text + "\n";
  };
  std::string text = Styled(Verdict(options), Style::kBold, options.colour) + "\n\n";
  text += line("of   ", Printable(options.name));
  text += line(LookLabel(options.look), LookWords(options.look));
  for (const std::string& note : options.notes) text += line("note ", note);
  const std::size_t shown = options.rows == 0 ? options.chains.size() : std::min(options.rows, options.chains.size());
  for (std::size_t i = 0; i < shown; ++i) text += "\n" + ChainText(options.chains[i], options);
  if (options.lost_blocks != 0) {
    text += "\n" + std::string(kIndent, ' ') +
            Styled(Amount(options.lost_bytes, options.lost_blocks), Style::kBold, options.colour) + "\n" +
            Indented("nothing: lost. " + options.leaks_command + " tells what is lost.");
  }
  if (shown < options.chains.size()) {
    std::int64_t bytes = 0;
    for (std::size_t i = shown; i < options.chains.size(); ++i) bytes += options.chains[i].bytes;
    text += "\nand " + Plural(static_cast<std::int64_t>(options.chains.size() - shown), "more way") + " for " +
            support::FormatBytes(bytes) + " (-n 0 shows all)\n";
  }
  return text;
}

}  // namespace mqtrack::reports
