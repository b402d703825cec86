// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/Emulator.h"

#include "tests/targets/emulation/Fiber.h"
#include "tests/targets/emulation/Shadow.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <deque>
#include <vector>

namespace flowc::test {
namespace {

constexpr int64_t kWarp = 32;

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

struct Thread {
  State state;
  Message message;
  std::vector<Copy> open;                 ///< Copies that no group has yet.
  std::vector<std::vector<Copy>> pending; ///< Groups under way, the oldest first.
};

/// What the lanes of a warp have brought, until the warp meets again.
template <typename T> struct Lanes {
  T operator[](int64_t lane) const {
    T brought;
    std::memcpy(&brought, messages[lane].words.data(), sizeof(T));
    return brought;
  }
  const Message *messages;
};

/// One launch; there is one at a time.
class Launch {
public:
  Launch(int64_t blocks, int64_t threads, const std::function<void()> &kernel)
      : blocks(blocks), kernel(kernel), threads(threads), mail(threads), begin(now + 1) {
    while (fibers.size() < this->threads.size())
      fibers.emplace_back();
  }

  std::string run() {
    for (block = 0; block < blocks && problem.empty(); ++block)
      runBlock();
    return problem;
  }

  /// Called from a fiber.
  void wait(State state) {
    threads[thread].state = state;
    fibers[thread].stop();
  }

  /// What every lane of the warp has brought, once all are here.
  template <typename T> Lanes<T> exchange(int64_t purpose, const T &mine) {
    static_assert(sizeof(T) <= sizeof(Message::words) && std::is_trivially_copyable_v<T>);
    threads[thread].message.purpose = purpose;
    std::memcpy(threads[thread].message.words.data(), &mine, sizeof(T));
    wait(State::AtExchange);
    return {&mail[thread / kWarp * kWarp]};
  }

  void startCopy(const Copy &copy) {
    if ((reinterpret_cast<uintptr_t>(copy.target) | reinterpret_cast<uintptr_t>(copy.source)) % copy.bytes && problem.empty())
      problem = "a copy of " + std::to_string(copy.bytes) + " bytes between addresses that are no multiples of it";
    access(copy.source, copy.there, false, false);
    access(copy.target, copy.bytes, true, true);
    count(copy, 1);
    threads[thread].open.push_back(copy);
  }
  void closeCopies() {
    threads[thread].pending.push_back(std::move(threads[thread].open));
    threads[thread].open.clear();
  }
  void waitForCopies(size_t left) {
    auto &pending = threads[thread].pending;
    size_t done = pending.size() > left ? pending.size() - left : 0;
    for (size_t k = 0; k < done; ++k)
      for (const Copy &copy : pending[k]) {
        count(copy, -1);
        access(copy.source, copy.there, false, false);
        access(copy.target, copy.bytes, true, true);
        std::memcpy(copy.target, copy.source, copy.there);
        std::memset(copy.target + copy.there, 0, copy.bytes - copy.there);
      }
    pending.erase(pending.begin(), pending.begin() + static_cast<int64_t>(done));
  }

  void access(const void *address, int64_t bytes, bool isShared, bool isWrite) {
    for (int64_t offset = 0; offset < bytes; offset += Shadow::kWordBytes)
      accessWord(reinterpret_cast<uintptr_t>(address) + offset, isShared, isWrite);
  }

  int64_t blocks, block = 0, thread = 0;

private:
  static void count(const Copy &copy, int32_t change) {
    for (int64_t offset = 0; offset < copy.bytes; offset += Shadow::kWordBytes)
      shadow.at(reinterpret_cast<uintptr_t>(copy.target) + offset).copiesUnderWay += change;
  }

  void runBlock() {
    blockBegins.push_back(++now);
    for (Thread &one : threads)
      one = {};
    auto all = static_cast<int64_t>(threads.size());
    do {
      for (thread = 0; thread < all; ++thread)
        if (threads[thread].state == State::Ready) {
          fibers[thread].go(kernel);
          if (fibers[thread].isDone())
            threads[thread].state = State::Done;
        }
    } while (problem.empty() && release());
    for (thread = 0; thread < all; ++thread)
      forget();
  }

  /// What the thread leaves unfinished where the block was given up.
  void forget() {
    if (!fibers[thread].isDone())
      fibers[thread].abandon();
    threads[thread].pending.push_back(std::move(threads[thread].open));
    for (const auto &group : threads[thread].pending)
      for (const Copy &copy : group)
        count(copy, -1);
  }

  bool all(int64_t first, int64_t end, State state) const {
    for (int64_t k = first; k < end; ++k)
      if (threads[k].state != state)
        return false;
    return true;
  }

  /// Lets go what waits for each other; false where nothing is left to run.
  bool release() {
    auto count = static_cast<int64_t>(threads.size());
    bool exchanged = false;
    for (int64_t first = 0; first < count; first += kWarp)
      if (all(first, first + kWarp, State::AtExchange)) {
        meet(first);
        exchanged = true;
      }
    if (exchanged)
      return true;
    if (all(0, count, State::Done)) {
      for (const Thread &one : threads)
        for (const auto &group : one.pending)
          if (!group.empty())
            problem = "a thread of block " + std::to_string(block) + " ends while its copies are under way";
      return false;
    }
    if (!all(0, count, State::AtBarrier)) {
      problem = "threads of block " + std::to_string(block) + " wait at different places";
      return false;
    }
    ++now;
    for (Thread &one : threads)
      one.state = State::Ready;
    return true;
  }

  void meet(int64_t first) {
    for (int64_t lane = 0; lane < kWarp; ++lane) {
      if (threads[first + lane].message.purpose != threads[first].message.purpose)
        problem = "the lanes of a warp exchange different things";
      // One that goes ahead may bring its next message before others have read this one.
      mail[first + lane] = threads[first + lane].message;
      threads[first + lane].state = State::Ready;
    }
  }

  bool inThisBlock(const Access &access) const { return access.moment >= blockBegins.back(); }

  bool meets(const Access &before, bool isShared) const {
    if (before.moment < begin)
      return false;
    if (!isShared && (before.severalBlocks || !inThisBlock(before)))
      return true;
    return before.moment == now && (before.severalThreads || before.thread != thread);
  }

  void accessWord(uintptr_t address, bool isShared, bool isWrite) {
    Word &word = shadow.at(address);
    if (word.copiesUnderWay && problem.empty())
      problem = "thread " + std::to_string(thread) + " of block " + std::to_string(block) + " meets a copy that is under way";
    if (meets(word.write, isShared))
      report(word.write, isWrite ? "both write" : "one writes and the other reads", isShared);
    if (isWrite && meets(word.read, isShared))
      report(word.read, "one reads and the other writes", isShared);
    if (!isWrite && isShared && !inThisBlock(word.write) && problem.empty())
      problem = "thread " + std::to_string(thread) + " reads shared memory that nobody wrote";
    Access &access = isWrite ? word.write : word.read;
    bool several = access.moment == now && (access.severalThreads || access.thread != thread);
    bool severalBlocks = access.moment >= begin && (access.severalBlocks || !inThisBlock(access));
    access = {now, static_cast<uint16_t>(thread), several, severalBlocks};
  }

  void report(const Access &before, const char *what, bool isShared) {
    if (!problem.empty())
      return;
    auto next = std::upper_bound(blockBegins.begin(), blockBegins.end(), before.moment);
    problem = std::string("a race in ") + (isShared ? "shared" : "global") + " memory between thread " + std::to_string(before.thread) +
              " of block " + std::to_string(next - blockBegins.begin() - 1) + " and thread " + std::to_string(thread) + " of block " +
              std::to_string(block) + ": " + what;
  }

  const std::function<void()> &kernel;
  std::vector<Thread> threads;
  std::vector<Message> mail; ///< What each thread brought when its warp last met.
  std::string problem;
  uint32_t begin;                    ///< The launch's first moment.
  std::vector<uint32_t> blockBegins; ///< The first moments of its blocks.
  // Kept from launch to launch.
  static inline uint32_t now = 0;
  static inline Shadow shadow;
  static inline std::deque<Fiber> fibers;

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
