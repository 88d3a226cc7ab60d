#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "libtrack/attach/remote/remote_stack.h"

namespace mqtrack::attach {
namespace {
constexpr std::size_t kMostFrames = 512;
constexpr std::size_t kStackBlock = 64 * 1024;
}  // namespace

struct RemoteUnwinder::State {
  explicit State(const RemoteMemory& target) : memory(target) {}
  const RemoteMemory& memory;
  Dwfl* dwfl = nullptr;
  pid_t tid = 0;
  threads::CpuRegisters registers{};
  std::vector<std::byte> block;  // the innermost part of the stack, read at once
  std::uint64_t block_start = 0;
  RemoteStack* stack = nullptr;
};

namespace {

using State = RemoteUnwinder;

/// The file as the process sees it, whatever its root is.
int FindElf(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, char** file_name, Elf** elf) {
  void** slot = nullptr;
  ::dwfl_module_info(module, &slot, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (name[0] == '/') {
    const auto pid = static_cast<long>(reinterpret_cast<std::intptr_t>(*slot));
    const std::string path = "/proc/" + std::to_string(pid) + "/root" + name;
    const int fd = pid != 0 ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) return fd;
  }
  return ::dwfl_linux_proc_find_elf(module, data, name, base, file_name, elf);
}

int NoDebugInfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word, char**) {
  return -1;
}

}  // namespace

// Callbacks of libdw; `arg` is the State.
struct UnwindCallbacks {
  template <typename S>
  static pid_t NextThread(Dwfl*, void* arg, void** thread_arg) {
    S& state = *static_cast<S*>(arg);
    if (*thread_arg != nullptr) return 0;
    *thread_arg = arg;
    return state.tid;
  }
  template <typename S>
  static bool GetThread(Dwfl*, pid_t tid, void* arg, void** thread_arg) {
    *thread_arg = arg;
    return tid == static_cast<S*>(arg)->tid;
  }
  template <typename S>
  static bool ReadMemory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* arg) {
    S& state = *static_cast<S*>(arg);
    const std::uint64_t offset = address - state.block_start;
    if (offset < state.block.size() && state.block.size() - offset >= sizeof *word) {
      std::memcpy(word, state.block.data() + offset, sizeof *word);
      return true;
    }
    return state.memory.Read(address, word, sizeof *word);
  }
  template <typename S>
  static bool SetRegisters(Dwfl_Thread* thread, void* arg) {
    const threads::CpuRegisters& r = static_cast<S*>(arg)->registers;
    // In the numbering of the psABI's DWARF chapter; the seventeenth is the return address.
    const Dwarf_Word words[] = {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
                                r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
    return ::dwfl_thread_state_registers(thread, 0, 17, words);
  }
  template <typename S>
  static int OnFrame(Dwfl_Frame* frame, void* arg) {
    S& state = *static_cast<S*>(arg);
    Dwarf_Addr pc = 0;
    bool exact = false;
    if (!::dwfl_frame_pc(frame, &pc, &exact) || state.stack->addresses.size() >= kMostFrames) return DWARF_CB_ABORT;
    state.stack->addresses.push_back(exact ? pc : pc - 1);
    return DWARF_CB_OK;
  }
};

RemoteUnwinder::RemoteUnwinder(const RemoteMemory& memory) : state_(std::make_unique<State>(memory)) {
  static const Dwfl_Callbacks callbacks = {FindElf, NoDebugInfo, nullptr, nullptr};
  static const Dwfl_Thread_Callbacks threads = {UnwindCallbacks::NextThread<State>,
                                                UnwindCallbacks::GetThread<State>,
                                                UnwindCallbacks::ReadMemory<State>,
                                                UnwindCallbacks::SetRegisters<State>,
                                                nullptr,
                                                nullptr};
  state_->dwfl = ::dwfl_begin(&callbacks);
  if (state_->dwfl == nullptr) return;
  const auto visit = [](Dwfl_Module* module, void** slot, const char*, Dwarf_Addr, void* arg) -> int {
    *slot = reinterpret_cast<void*>(static_cast<std::intptr_t>(static_cast<State*>(arg)->memory.pid()));
    Dwarf_Addr bias = 0;
    (void)::dwfl_module_eh_cfi(module, &bias);  // now, not while the process is stopped
    return DWARF_CB_OK;
  };
  const bool good = ::dwfl_linux_proc_report(state_->dwfl, memory.pid()) == 0 &&
                    ::dwfl_report_end(state_->dwfl, nullptr, nullptr) == 0 &&
                    ::dwfl_getmodules(state_->dwfl, visit, state_.get(), 0) >= 0 &&
                    ::dwfl_attach_state(state_->dwfl, nullptr, memory.pid(), &threads, state_.get());
  if (good) return;
  ::dwfl_end(state_->dwfl);
  state_->dwfl = nullptr;
}

RemoteUnwinder::~RemoteUnwinder() {
  if (state_->dwfl != nullptr) ::dwfl_end(state_->dwfl);
}

RemoteStack RemoteUnwinder::Unwind(pid_t tid, const threads::CpuRegisters& registers) {
  RemoteStack stack;
  if (state_->dwfl == nullptr) return stack;
  state_->tid = tid;
  state_->registers = registers;
  state_->stack = &stack;
  state_->block_start = registers.rsp;
  state_->block.resize(kStackBlock);
  state_->block.resize(state_->memory.ReadSome(registers.rsp, state_->block.data(), kStackBlock));
  stack.complete = ::dwfl_getthread_frames(state_->dwfl, tid, UnwindCallbacks::OnFrame<State>, state_.get()) == 0;
  state_->stack = nullptr;
  return stack;
}

}  // namespace mqtrack::attach
