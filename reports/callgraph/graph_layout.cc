// By its library where that can write the format, else by the `dot` program.
#include "reports/callgraph/graph_layout.h"

#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "libtrack/support/write_failure.h"
#include "reports/callgraph/child_wait.h"
#include "reports/callgraph/interactive_svg.h"

// NOLINTNEXTLINE: the name is POSIX's
extern char** environ;

namespace mqtrack::reports {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// What Graphviz had to say; its handler takes no context pointer.
std::string& GraphvizMessages() {
  static std::string messages;
  return messages;
}

int CollectMessage(char* message) {
  GraphvizMessages() += message;
  return 0;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// Nothing if the library has no plugin that writes `format`.
Result<std::string> LayOutWithLibrary(const std::string& dot, const std::string& format) {
  agseterrf(CollectMessage);
  agseterr(AGERR);
  const std::unique_ptr<GVC_t, int (*)(GVC_t*)> context(gvContext(), gvFreeContext);
  const std::unique_ptr<Agraph_t, int (*)(Agraph_t*)> graph(agmemread(dot.c_str()), agclose);
  if (!graph) {
    return Error{ErrorCode::kBadInput, "Graphviz cannot read the graph: " + FirstLine(GraphvizMessages()), {}};
  }
  if (gvLayout(context.get(), graph.get(), "dot") != 0) {
    return Error{ErrorCode::kSystem, "Graphviz cannot lay out the graph: " + FirstLine(GraphvizMessages()), {}};
  }
  char* data = nullptr;
  unsigned int size = 0;
  const int status = gvRenderData(context.get(), graph.get(), format.c_str(), &data, &size);
  std::string rendered = status == 0 && data != nullptr ? std::string(data, size) : std::string();
  if (data != nullptr) gvFreeRenderData(data);
  gvFreeLayout(context.get(), graph.get());
  return rendered;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

std::string ReadFromStart(std::FILE* file) {
  std::string content;
  std::rewind(file);
  char buffer[8192];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file)) content.append(buffer, got);
  return content;
}

Error TakesTooLong() {
  return {ErrorCode::kCannotMeasure,
          "Graphviz takes too long to lay out this call graph; the flame graph shows the same",
          {}};
}

// Of a child of a server: what ends the server ends the child, and the server's handlers are not the child's.
void EndWithParent(pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) (void)::signal(number, SIG_DFL);
  if (getppid() != parent) _exit(1);
}

// In a child process of its own, since libgvc keeps state between layouts: its font plug-in compares with a name that
// it freed at the end of the one before. That state dies with the child, and so would a crash of a plug-in. The child
// hands back "=" and the picture, or "!" and what went wrong; an empty text if it died.
Result<std::string> LayOutInChild(const std::string& dot, const std::string& format, const Deadline& deadline) {
  const TemporaryFile output(std::tmpfile());
  if (!output)
    return Error{ErrorCode::kSystem, std::string("cannot make a temporary file: ") + std::strerror(errno), {}};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return Error{ErrorCode::kSystem, std::string("cannot start a process: ") + std::strerror(errno), {}};
  if (child == 0) {
    EndWithParent(parent);
    const Result<std::string> rendered = LayOutWithLibrary(dot, format);
    const std::string answer = rendered ? "=" + *rendered : "!" + rendered.error().text;
    const bool written = std::fwrite(answer.data(), 1, answer.size(), output.get()) == answer.size();
    _exit(written && std::fflush(output.get()) == 0 ? 0 : 1);
  }
  const std::optional<int> status = WaitForChild(child, deadline);
  if (!status) return TakesTooLong();
  std::string answer = *status == 0 ? ReadFromStart(output.get()) : std::string();
  if (answer.starts_with('!')) return Error{ErrorCode::kBadInput, answer.substr(1), {}};
  return answer.empty() ? answer : answer.substr(1);
}

// Through files, not pipes: no side can then wait for the other for ever.
Result<std::string> LayOutByProgram(const std::string& dot, const std::string& format, const Deadline& deadline) {
  const TemporaryFile input(std::tmpfile()), output(std::tmpfile());
  if (!input || !output || std::fwrite(dot.data(), 1, dot.size(), input.get()) != dot.size() ||
      std::fflush(input.get()) != 0 || lseek(fileno(input.get()), 0, SEEK_SET) != 0) {
    return Error{
        ErrorCode::kSystem, std::string("cannot write a temporary file: ") + support::WhyNotWritten(errno), {}};
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(output.get()), STDOUT_FILENO);
  std::string program = "dot", option = "-T" + format;
  char* arguments[] = {program.data(), option.data(), nullptr};
  pid_t child = 0;
  const int spawned = posix_spawnp(&child, "dot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  const std::optional<int> status = spawned == 0 ? WaitForChild(child, deadline) : -1;
  if (!status) return TakesTooLong();
  std::string rendered;
  if (*status == 0) rendered = ReadFromStart(output.get());
  if (rendered.empty()) {
    return Error{ErrorCode::kSystem,
                 "cannot write " + format + ": neither Graphviz' library nor its program 'dot' can; install the " +
                     "package graphviz, or ask for svg",
                 {}};
  }
  return rendered;
}

}  // namespace

Result<std::string> LayOut(const std::string& dot, const std::string& format,
                           std::optional<std::chrono::milliseconds> limit) {
  if (format != "svg" && format != "pdf" && format != "png") {
    return Error{ErrorCode::kBadInput, "'" + format + "' is no format for a call graph; use svg, pdf or png", {}};
  }
  const Deadline deadline = limit ? Deadline(std::chrono::steady_clock::now() + *limit) : std::nullopt;
  Result<std::string> rendered = LayOutInChild(dot, format, deadline);
  if (rendered && rendered->empty()) rendered = LayOutByProgram(dot, format, deadline);
  if (!rendered || format != "svg") return rendered;
  return MakeInteractive(*rendered);
}

}  // namespace mqtrack::reports
