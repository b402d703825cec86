// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/Emulator.h"

#include <array>
#include <ucontext.h>
#include <unordered_map>
#include <vector>

namespace flowc::test {
namespace {

constexpr int64_t kWarp = 32;
constexpr size_t kStackBytes = 256 << 10;

/// The last access of a kind to a word.
struct Access {
  int64_t launch = 0, epoch = 0, block = -1, thread = -1;
  bool severalThreads = false, severalBlocks = false;
};
struct Word {
  Access read, write;
};

enum class State { Ready, AtBarrier, AtShuffle, Done };

struct Fiber {
  ucontext_t context;
  State state;
  uint32_t bits;
  int32_t distance;
};

/// One launch; there is one at a time.
class Launch {
public:
  Launch(int64_t blocks, int64_t threads, const std::function<void()> &kernel) : blocks(blocks), kernel(kernel), fibers(threads) {
    ++launches;
    while (stacks.size() < fibers.size())
      stacks.emplace_back(new char[kStackBytes]);
  }

  std::string run() {
    for (block = 0; block < blocks && problem.empty(); ++block)
      runBlock();
    return problem;
  }

  /// Called from a fiber.
  void wait(State state) {
    Fiber &fiber = fibers[thread];
    fiber.state = state;
    swapcontext(&fiber.context, &scheduler);
  }
  uint32_t shuffle(uint32_t bits, int32_t distance) {
    fibers[thread].bits = bits;
    fibers[thread].distance = distance;
    wait(State::AtShuffle);
    return fibers[thread].bits;
  }

  void access(const void *address, int64_t bytes, bool isShared, bool isWrite) {
    for (int64_t offset = 0; offset < bytes; offset += 4)
      accessWord(reinterpret_cast<uintptr_t>(address) + offset, isShared, isWrite);
  }

  int64_t blocks, block = 0, thread = 0;

private:
  static void enter() {
    current->kernel();
    current->wait(State::Done);
  }

  void runBlock() {
    ++epoch;
    for (size_t k = 0; k < fibers.size(); ++k) {
      Fiber &fiber = fibers[k];
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = stacks[k].get();
      fiber.context.uc_stack.ss_size = kStackBytes;
      fiber.context.uc_link = nullptr;
      makecontext(&fiber.context, enter, 0);
      fiber.state = State::Ready;
    }
    do {
      for (thread = 0; thread < static_cast<int64_t>(fibers.size()); ++thread)
        if (fibers[thread].state == State::Ready)
          swapcontext(&scheduler, &fibers[thread].context);
    } while (problem.empty() && release());
  }

  bool all(int64_t first, int64_t end, State state) const {
    for (int64_t k = first; k < end; ++k)
      if (fibers[k].state != state)
        return false;
    return true;
  }

  /// Lets go what waits for each other; false where nothing is left to run.
  bool release() {
    auto count = static_cast<int64_t>(fibers.size());
    bool shuffled = false;
    for (int64_t first = 0; first < count; first += kWarp)
      if (all(first, first + kWarp, State::AtShuffle)) {
        exchange(first);
        shuffled = true;
      }
    if (shuffled)
      return true;
    if (all(0, count, State::Done))
      return false;
    if (!all(0, count, State::AtBarrier)) {
      problem = "threads of block " + std::to_string(block) + " wait at different places";
      return false;
    }
    ++epoch;
    for (Fiber &fiber : fibers)
      fiber.state = State::Ready;
    return true;
  }

  void exchange(int64_t first) {
    std::array<uint32_t, kWarp> bits;
    for (int64_t lane = 0; lane < kWarp; ++lane) {
      bits[lane] = fibers[first + lane].bits;
      if (fibers[first + lane].distance != fibers[first].distance)
        problem = "the lanes of a warp shuffle over different distances";
    }
    for (int64_t lane = 0; lane < kWarp; ++lane) {
      fibers[first + lane].bits = bits[lane ^ fibers[first].distance];
      fibers[first + lane].state = State::Ready;
    }
  }

  Word &wordAt(uintptr_t address) {
    constexpr uintptr_t kPage = 4096;
    uintptr_t page = address / kPage;
    if (page != lastPage) {
      auto &words = pages[page];
      if (words.empty())
        words.resize(kPage / 4);
      lastPage = page;
      lastWords = words.data();
    }
    return lastWords[address % kPage / 4];
  }

  bool meets(const Access &before, bool isShared) const {
    if (before.launch != launches)
      return false;
    if (!isShared && (before.severalBlocks || before.block != block))
      return true;
    return before.block == block && before.epoch == epoch && (before.severalThreads || before.thread != thread);
  }

  void accessWord(uintptr_t address, bool isShared, bool isWrite) {
    Word &word = wordAt(address);
    if (meets(word.write, isShared))
      report(word.write, isWrite ? "both write" : "one writes and the other reads", isShared);
    if (isWrite && meets(word.read, isShared))
      report(word.read, "one reads and the other writes", isShared);
    if (!isWrite && isShared && (word.write.launch != launches || word.write.block != block) && problem.empty())
      problem = "thread " + std::to_string(thread) + " reads shared memory that nobody wrote";
    Access &access = isWrite ? word.write : word.read;
    bool sameLaunch = access.launch == launches, sameBlock = sameLaunch && access.block == block;
    bool several = sameBlock && access.epoch == epoch && (access.severalThreads || access.thread != thread);
    access = {launches, epoch, block, thread, several, sameLaunch && (access.severalBlocks || !sameBlock)};
  }

  void report(const Access &before, const char *what, bool isShared) {
    if (!problem.empty())
      return;
    problem = std::string("a race in ") + (isShared ? "shared" : "global") + " memory between thread " + std::to_string(before.thread) +
              " of block " + std::to_string(before.block) + " and thread " + std::to_string(thread) + " of block " +
              std::to_string(block) + ": " + what;
  }

  const std::function<void()> &kernel;
  std::vector<Fiber> fibers;
  ucontext_t scheduler;
  std::string problem;
  std::unordered_map<uintptr_t, std::vector<Word>> pages;
  uintptr_t lastPage = 0;
  Word *lastWords = nullptr;
  int64_t epoch = 0;
  static inline int64_t launches = 0;
  static inline std::vector<std::unique_ptr<char[]>> stacks; // kept from launch to launch

public:
  static inline Launch *current = nullptr;
};

} // namespace

const EmulatorHooks &emulatorHooks() {
  static const EmulatorHooks hooks = {
      [] { return Launch::current->thread; },
      [] { return Launch::current->block; },
      [] { return Launch::current->blocks; },
      [] { Launch::current->wait(State::AtBarrier); },
      [](uint32_t bits, int32_t distance) { return Launch::current->shuffle(bits, distance); },
      [](const void *address, int64_t bytes, int64_t isShared) { Launch::current->access(address, bytes, isShared, false); },
      [](const void *address, int64_t bytes, int64_t isShared) { Launch::current->access(address, bytes, isShared, true); },
  };
  return hooks;
}

std::string emulate(int64_t blocks, int64_t threads, const std::function<void()> &kernel) {
  Launch launch(blocks, threads, kernel);
  Launch::current = &launch;
  return launch.run();
}

} // namespace flowc::test
