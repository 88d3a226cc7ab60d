// Layout by Graphviz: in this process for as long as its library can write the format, else by the `dot` program.
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/interactive_svg.h"

// NOLINTNEXTLINE: the name is POSIX's
extern char** environ;

namespace mqtrack::reports {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// What Graphviz had to say; its handler takes no context pointer. Guarded by `graphviz_mutex`.
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
Result<std::string> LayOutInProcess(const std::string& dot, const std::string& format) {
  static std::mutex graphviz_mutex;  // libgvc is not thread-safe
  const std::lock_guard lock(graphviz_mutex);
  GraphvizMessages().clear();
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

// Through files, not pipes: no side can then wait for the other for ever.
Result<std::string> LayOutByProgram(const std::string& dot, const std::string& format) {
  const TemporaryFile input(std::tmpfile()), output(std::tmpfile());
  if (!input || !output || std::fwrite(dot.data(), 1, dot.size(), input.get()) != dot.size() ||
      std::fflush(input.get()) != 0 || lseek(fileno(input.get()), 0, SEEK_SET) != 0) {
    return Error{ErrorCode::kSystem, std::string("cannot write a temporary file: ") + std::strerror(errno), {}};
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
  int status = 0;
  if (spawned == 0) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  std::string rendered;
  if (spawned == 0 && status == 0) {
    std::rewind(output.get());
    char buffer[1U << 16U];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, output.get())) rendered.append(buffer, got);
  }
  if (rendered.empty()) {
    return Error{ErrorCode::kSystem,
                 "cannot write " + format + ": neither Graphviz' library nor its program 'dot' can; install the " +
                     "package graphviz, or ask for svg",
                 {}};
  }
  return rendered;
}

}  // namespace

Result<std::string> LayOut(const std::string& dot, const std::string& format) {
  if (format != "svg" && format != "pdf" && format != "png") {
    return Error{ErrorCode::kBadInput, "'" + format + "' is no format for a call graph; use svg, pdf or png", {}};
  }
  Result<std::string> rendered = LayOutInProcess(dot, format);
  if (!rendered) return rendered;
  if (rendered->empty()) rendered = LayOutByProgram(dot, format);
  if (!rendered || format != "svg") return rendered;
  return MakeInteractive(*rendered);
}

}  // namespace mqtrack::reports
