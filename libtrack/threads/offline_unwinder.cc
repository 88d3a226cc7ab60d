#include "libtrack/threads/offline_unwinder.h"

#include <libunwind-ptrace.h>

#include <cstring>

// Of libunwind, but in no header of it: finds the unwind entry of an address in an .eh_frame_hdr that lies in the
// address space of somebody else. perf and others use it in the same way.
extern "C" int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t* index,
                                                  unw_proc_info_t* info, int need_unwind_info, void* argument);

namespace mqtrack::threads {
namespace {

/// What the accessors are given.
struct Source {
  ModuleMemory& memory;
  const ThreadCopy* copy = nullptr;
};

Source& SourceOf(void* argument) { return *static_cast<Source*>(argument); }

int ReadMemory(unw_addr_space_t /*space*/, unw_word_t address, unw_word_t* value, int write, void* argument) {
  if (write != 0) return -UNW_EINVAL;
  Source& source = SourceOf(argument);
  const ThreadCopy& copy = *source.copy;
  if (address >= copy.stack_start && address - copy.stack_start + sizeof *value <= copy.stack.size()) {
    std::memcpy(value, copy.stack.data() + (address - copy.stack_start), sizeof *value);
    return 0;
  }
  return source.memory.Read(address, value, sizeof *value) ? 0 : -UNW_EINVAL;
}

int ReadRegister(unw_addr_space_t /*space*/, unw_regnum_t number, unw_word_t* value, int write, void* argument) {
  const auto found = SourceOf(argument).copy->registers.ByDwarfNumber(number);
  if (write != 0 || !found) return -UNW_EBADREG;
  *value = *found;
  return 0;
}

int ReadFloatRegister(unw_addr_space_t, unw_regnum_t, unw_fpreg_t*, int, void*) { return -UNW_EBADREG; }

int FindEntry(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t* info, int need_unwind_info, void* argument) {
  const LoadedModule* module = SourceOf(argument).memory.ModuleAt(ip);
  if (module == nullptr || module->unwind_table == 0) return -UNW_ENOINFO;
  unw_dyn_info_t index{};
  index.format = UNW_INFO_FORMAT_REMOTE_TABLE;
  index.start_ip = module->start;
  index.end_ip = module->end;
  index.u.rti.segbase = module->unwind_index;
  index.u.rti.table_data = module->unwind_table;
  index.u.rti.table_len = module->unwind_entries * 2 * sizeof(std::int32_t) / sizeof(unw_word_t);
  return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &index, info, need_unwind_info, argument);
}

void ForgetEntry(unw_addr_space_t, unw_proc_info_t*, void*) {}
int NoDynamicCode(unw_addr_space_t, unw_word_t*, void*) { return -UNW_ENOINFO; }
int NoResuming(unw_addr_space_t, unw_cursor_t*, void*) { return -UNW_EINVAL; }
int NoNames(unw_addr_space_t, unw_word_t, char*, std::size_t, unw_word_t*, void*) { return -UNW_ENOINFO; }

}  // namespace

struct OfflineUnwinder::State {
  explicit State(ModuleMemory& memory) : source{memory} {
    accessors.find_proc_info = &FindEntry;
    accessors.put_unwind_info = &ForgetEntry;
    accessors.get_dyn_info_list_addr = &NoDynamicCode;
    accessors.access_mem = &ReadMemory;
    accessors.access_reg = &ReadRegister;
    accessors.access_fpreg = &ReadFloatRegister;
    accessors.resume = &NoResuming;
    accessors.get_proc_name = &NoNames;
    space = ::unw_create_addr_space(&accessors, 0);
    if (space != nullptr) ::unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
  }
  ~State() {
    if (space != nullptr) ::unw_destroy_addr_space(space);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Source source;
  unw_accessors_t accessors{};
  unw_addr_space_t space = nullptr;
};

OfflineUnwinder::OfflineUnwinder(ModuleMemory& memory) : state_(std::make_unique<State>(memory)) {}
OfflineUnwinder::~OfflineUnwinder() = default;

UnwoundStack OfflineUnwinder::Unwind(const ThreadCopy& copy) {
  UnwoundStack stack;
  stack.addresses.push_back(copy.registers.pc());
  state_->source.copy = &copy;
  unw_cursor_t cursor;
  if (state_->space == nullptr || ::unw_init_remote(&cursor, state_->space, &state_->source) != 0) return stack;
  unw_word_t last_sp = copy.registers.sp();
  for (;;) {
    const bool exact = ::unw_is_signal_frame(&cursor) > 0;  // its caller was interrupted, not called from
    const int step = ::unw_step(&cursor);
    if (step < 0) return stack;
    unw_word_t ip = 0, sp = 0;
    ::unw_get_reg(&cursor, UNW_REG_IP, &ip);
    ::unw_get_reg(&cursor, UNW_REG_SP, &sp);
    if (step == 0 || ip == 0) {
      stack.complete = true;
      return stack;
    }
    // Without unwind information libunwind tries the frame pointer, which may be anything: a guess is not shown.
    const std::uint64_t address = exact ? ip : ip - 1;
    if (!state_->source.memory.IsCode(address) || (sp <= last_sp && !exact && stack.addresses.size() > 1)) return stack;
    if (stack.addresses.size() == kMostFrames) {
      stack.truncated = true;
      return stack;
    }
    stack.addresses.push_back(address);
    last_sp = sp;
  }
}

}  // namespace mqtrack::threads
