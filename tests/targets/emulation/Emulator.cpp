// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/Emulator.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <deque>
#include <ucontext.h>
#include <unordered_map>
#include <vector>

namespace flowc::test {
namespace {

constexpr int64_t kWarp = 32;
constexpr size_t kStackBytes = 256 << 10;
/// On either side of the shared memory that a launch gives: nothing else lies there.
constexpr int64_t kGuardBytes = 8 << 10;

/// The last access of a kind to a word.
struct Access {
  int64_t launch = 0, epoch = 0, block = -1, thread = -1;
  bool severalThreads = false, severalBlocks = false;
};
struct Word {
  Access read, write;
  int64_t copiesUnderWay = 0;
};

enum class State { Ready, AtBarrier, AtExchange, Done };

/// What a lane tells the others of its warp when they meet.
struct Message {
  int64_t purpose; ///< The same in all lanes, or they are at different places.
  std::array<uint64_t, 4> words;
};

struct Copy {
  char *target;
  const char *source;
  int64_t bytes, there;
};

struct Fiber {
  ucontext_t context;
  State state;
  Message message;
  std::vector<Copy> open;                ///< Copies that no group has yet.
  std::deque<std::vector<Copy>> pending; ///< Groups under way.
};

/// One launch; there is one at a time.
class Launch {
public:
  Launch(int64_t blocks, int64_t threads, const std::function<void()> &kernel, int64_t sharedBytes)
      : blocks(blocks), kernel(kernel), fibers(threads), mail(threads), sharedBytes(sharedBytes), given(sharedBytes + 2 * kGuardBytes) {
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

  /// What every lane of the warp has brought, once all are here.
  template <typename T> std::array<T, kWarp> exchange(int64_t purpose, const T &mine) {
    static_assert(sizeof(T) <= sizeof(Message::words) && std::is_trivially_copyable_v<T>);
    fibers[thread].message.purpose = purpose;
    std::memcpy(fibers[thread].message.words.data(), &mine, sizeof(T));
    wait(State::AtExchange);
    std::array<T, kWarp> all;
    for (int64_t lane = 0; lane < kWarp; ++lane)
      std::memcpy(&all[lane], mail[thread / kWarp * kWarp + lane].words.data(), sizeof(T));
    return all;
  }

  void startCopy(const Copy &copy) {
    if ((reinterpret_cast<uintptr_t>(copy.target) | reinterpret_cast<uintptr_t>(copy.source)) % copy.bytes && problem.empty())
      problem = "a copy of " + std::to_string(copy.bytes) + " bytes between addresses that are no multiples of it";
    access(copy.source, copy.there, false, false);
    access(copy.target, copy.bytes, true, true);
    for (int64_t offset = 0; offset < copy.bytes; offset += 4)
      ++wordAt(reinterpret_cast<uintptr_t>(copy.target) + offset).copiesUnderWay;
    fibers[thread].open.push_back(copy);
  }
  void closeCopies() {
    fibers[thread].pending.push_back(std::move(fibers[thread].open));
    fibers[thread].open.clear();
  }
  void waitForCopies(size_t left) {
    for (auto &pending = fibers[thread].pending; pending.size() > left; pending.pop_front())
      for (const Copy &copy : pending.front()) {
        for (int64_t offset = 0; offset < copy.bytes; offset += 4)
          --wordAt(reinterpret_cast<uintptr_t>(copy.target) + offset).copiesUnderWay;
        access(copy.source, copy.there, false, false);
        access(copy.target, copy.bytes, true, true);
        std::memcpy(copy.target, copy.source, copy.there);
        std::memset(copy.target + copy.there, 0, copy.bytes - copy.there);
      }
  }

  void access(const void *address, int64_t bytes, bool isShared, bool isWrite) {
    for (int64_t offset = 0; offset < bytes; offset += 4)
      accessWord(reinterpret_cast<uintptr_t>(address) + offset, isShared, isWrite);
  }

  void *activations() { return reinterpret_cast<void *>(sharedBegin()); }

  int64_t blocks, block = 0, thread = 0;

private:
  /// As far aligned as a GPU has it, and no further.
  uintptr_t sharedBegin() const { return (reinterpret_cast<uintptr_t>(given.data()) + kGuardBytes) / 32 * 32 + 16; }
  /// Whether an address is beside what the launch gives.
  bool isBeyond(uintptr_t address) const {
    auto begin = reinterpret_cast<uintptr_t>(given.data()), end = begin + given.size();
    return address >= begin && address < end && (address < sharedBegin() || address >= sharedBegin() + sharedBytes);
  }
  static void enter() {
    current->kernel();
    current->wait(State::Done);
  }

  void runBlock() {
    ++epoch;
    std::fill(given.begin(), given.end(), '\xff'); // of all types the bits of no number
    for (size_t k = 0; k < fibers.size(); ++k) {
      Fiber &fiber = fibers[k];
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = stacks[k].get();
      fiber.context.uc_stack.ss_size = kStackBytes;
      fiber.context.uc_link = nullptr;
      makecontext(&fiber.context, enter, 0);
      fiber.state = State::Ready;
      fiber.open.clear();
      fiber.pending.clear();
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
    bool exchanged = false;
    for (int64_t first = 0; first < count; first += kWarp)
      if (all(first, first + kWarp, State::AtExchange)) {
        meet(first);
        exchanged = true;
      }
    if (exchanged)
      return true;
    if (all(0, count, State::Done)) {
      for (const Fiber &fiber : fibers)
        for (const auto &group : fiber.pending)
          if (!group.empty())
            problem = "a thread of block " + std::to_string(block) + " ends while its copies are under way";
      return false;
    }
    if (!all(0, count, State::AtBarrier)) {
      problem = "threads of block " + std::to_string(block) + " wait at different places";
      return false;
    }
    ++epoch;
    for (Fiber &fiber : fibers)
      fiber.state = State::Ready;
    return true;
  }

  void meet(int64_t first) {
    for (int64_t lane = 0; lane < kWarp; ++lane) {
      if (fibers[first + lane].message.purpose != fibers[first].message.purpose)
        problem = "the lanes of a warp exchange different things";
      // One that goes ahead may bring its next message before others have read this one.
      mail[first + lane] = fibers[first + lane].message;
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
    if (isShared && isBeyond(address) && problem.empty())
      problem = "thread " + std::to_string(thread) + " touches shared memory beside the " + std::to_string(sharedBytes) + " bytes of the launch";
    if (word.copiesUnderWay && problem.empty())
      problem = "thread " + std::to_string(thread) + " of block " + std::to_string(block) + " meets a copy that is under way";
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
  std::vector<Message> mail; ///< What each thread brought when its warp last met.
  int64_t sharedBytes;       ///< What the launch gives to a block,
  std::vector<char> given;   ///< and the memory in which that lies.
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

/// What lanes exchange for; a shuffle's purpose is its distance.
constexpr int64_t kMatrices = 100, kProduct = 200;

uint32_t shuffle(uint32_t bits, int32_t distance) {
  return Launch::current->exchange(distance, bits)[(Launch::current->thread % kWarp) ^ distance];
}

/// Lane l has word l % 4 of row l / 4 of each matrix; rows 0 .. 7 of matrix m are named by the lanes from 8 m on (PTX ISA, ldmatrix).
void matrices(const void *row, uint32_t *words) {
  Launch &launch = *Launch::current;
  launch.access(row, 16, true, false);
  auto rows = launch.exchange(kMatrices, row);
  int64_t lane = launch.thread % kWarp;
  for (int64_t matrix = 0; matrix < 4; ++matrix)
    words[matrix] = static_cast<const uint32_t *>(rows[matrix * 8 + lane / 4])[lane % 4];
}

/// The factors that a lane brings: `depth` / 4 numbers of each of two rows of a, and of one column of b.
struct Factors {
  std::array<uint32_t, 4> a;
  std::array<uint32_t, 2> b;
};

/// Number k of a row of a, or of a column of b, is in lane 4 g + t. tf32 (m16n8k8): word k / 4 of a pair, t = k % 4. bf16 (m16n8k16): the
/// half k % 2 of word k / 8, t = k % 8 / 2. What lies below a factor's precision does not count.
float factor(uint32_t word, int64_t depth, int64_t k) {
  uint32_t bits = depth == 8 ? word & ~0x1fffu : k % 2 ? word & 0xffff0000u : word << 16;
  return std::bit_cast<float>(bits);
}

void product(const uint32_t *a, const uint32_t *b, const float *c, float *d, int64_t depth) {
  Launch &launch = *Launch::current;
  auto lanes = launch.exchange(kProduct + depth, Factors{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
  int64_t lane = launch.thread % kWarp, group = lane / 4, step = lane % 4;
  std::array<float, 4> result;
  for (int64_t place = 0; place < 4; ++place) { // (row g, column 2 t), the column behind it, then eight rows further down
    int64_t lower = place / 2, column = 2 * step + place % 2;
    double sum = c[place];
    for (int64_t k = 0; k < depth; ++k) {
      int64_t owner = depth == 8 ? k % 4 : k % 8 / 2, word = depth == 8 ? k / 4 : k / 8;
      sum += static_cast<double>(factor(lanes[group * 4 + owner].a[word * 2 + lower], depth, k)) *
             factor(lanes[column * 4 + owner].b[word], depth, k);
    }
    result[place] = static_cast<float>(sum);
  }
  std::copy(result.begin(), result.end(), d);
}

/// To the nearest, and of two equally near to the one farther from 0.
uint32_t roundToTf32(float number) {
  auto bits = std::bit_cast<uint32_t>(number);
  return std::isfinite(number) ? (bits + 0x1000) & ~0x1fffu : bits;
}

/// To the nearest, and of two equally near to the even one.
uint32_t roundToBf16(float number) {
  auto bits = std::bit_cast<uint32_t>(number);
  if (std::isnan(number))
    return 0x7fff;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

} // namespace

const EmulatorHooks &emulatorHooks() {
  static const EmulatorHooks hooks = {
      [] { return Launch::current->thread; },
      [] { return Launch::current->block; },
      [] { return Launch::current->blocks; },
      [] { Launch::current->wait(State::AtBarrier); },
      shuffle,
      matrices,
      product,
      roundToTf32,
      [](float high, float low) { return roundToBf16(high) << 16 | roundToBf16(low); },
      [](void *target, const void *source, int64_t bytes, int64_t there) {
        Launch::current->startCopy({static_cast<char *>(target), static_cast<const char *>(source), bytes, there});
      },
      [] { Launch::current->closeCopies(); },
      [](int64_t left) { Launch::current->waitForCopies(left); },
      [] { return Launch::current->activations(); },
      [](const void *address, int64_t bytes, int64_t isShared) { Launch::current->access(address, bytes, isShared, false); },
      [](const void *address, int64_t bytes, int64_t isShared) { Launch::current->access(address, bytes, isShared, true); },
  };
  return hooks;
}

std::string emulate(int64_t blocks, int64_t threads, const std::function<void()> &kernel, int64_t sharedBytes) {
  Launch launch(blocks, threads, kernel, sharedBytes);
  Launch::current = &launch;
  return launch.run();
}

} // namespace flowc::test
