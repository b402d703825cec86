// SPDX-License-Identifier: MIT

#include "tests/fuzz/Isolated.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace flowc::fuzz {
namespace {

using Clock = std::chrono::steady_clock;
/// A child's memory grows with what its context has interned; after so many pieces of work a new one starts.
constexpr size_t kPerChild = 100;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool writeAll(int file, const char *data, size_t size) {
  while (size > 0) {
    ssize_t written = write(file, data, size);
    if (written <= 0)
      return false;
    data += written, size -= static_cast<size_t>(written);
  }
  return true;
}

/// A child that does the work begin .. end - 1 and sends each result with its size in front.
class Child {
public:
  Child(size_t begin, size_t end, const std::function<std::string(size_t)> &work)
      : next(begin), end(end), errors(std::tmpfile()) {
    int ends[2];
    if (pipe(ends) != 0)
      std::abort();
    std::fflush(nullptr);
    process = fork();
    if (process == 0) {
      close(ends[0]);
      dup2(fileno(errors), STDERR_FILENO);
      for (size_t k = begin; k < end; ++k) {
        std::string text = work(k);
        uint64_t size = text.size();
        if (!writeAll(ends[1], reinterpret_cast<const char *>(&size), sizeof size) ||
            !writeAll(ends[1], text.data(), size))
          _exit(1);
      }
      // No destructors: they would only give memory back.
      _exit(0);
    }
    close(ends[1]);
    input = ends[0];
  }
  Child(const Child &) = delete;
  ~Child() {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    close(input);
    std::fclose(errors);
  }

  /// Reads what there is; false where the child has ended.
  bool read() {
    char block[65536];
    ssize_t got = ::read(input, block, sizeof block);
    if (got > 0)
      buffer.append(block, static_cast<size_t>(got));
    return got > 0;
  }

  std::optional<Answer> takeAnswer() {
    uint64_t size = 0;
    if (buffer.size() < sizeof size)
      return std::nullopt;
    std::copy_n(buffer.data(), sizeof size, reinterpret_cast<char *>(&size));
    if (buffer.size() < sizeof size + size)
      return std::nullopt;
    Answer answer{Answer::Done, buffer.substr(sizeof size, size), secondsSince(started)};
    buffer.erase(0, sizeof size + size);
    started = Clock::now();
    ++next;
    return answer;
  }

  std::string printed() const {
    std::string text(4000, '\0');
    std::rewind(errors);
    text.resize(std::fread(text.data(), 1, text.size(), errors));
    return text;
  }

  double waited() const { return secondsSince(started); }

  int input = -1;
  size_t next, end;

private:
  std::FILE *errors;
  pid_t process = -1;
  std::string buffer;
  Clock::time_point started = Clock::now();
};

} // namespace

void runIsolated(size_t count, unsigned jobs, double limit, const std::function<std::string(size_t)> &work,
                 const std::function<bool(size_t, const Answer &)> &take) {
  std::vector<std::pair<size_t, size_t>> pending;
  for (size_t begin = 0; begin < count; begin += kPerChild)
    pending.insert(pending.begin(), {begin, std::min(count, begin + kPerChild)});
  std::vector<std::unique_ptr<Child>> children;
  while (!pending.empty() || !children.empty()) {
    while (!pending.empty() && children.size() < jobs) {
      children.push_back(std::make_unique<Child>(pending.back().first, pending.back().second, work));
      pending.pop_back();
    }
    std::vector<pollfd> files;
    for (const auto &child : children)
      files.push_back({child->input, POLLIN, 0});
    poll(files.data(), files.size(), 200);
    for (size_t k = children.size(); k-- > 0;) {
      Child &child = *children[k];
      bool alive = !(files[k].revents & (POLLIN | POLLHUP)) || child.read();
      for (size_t at = child.next; auto answer = child.takeAnswer(); at = child.next)
        if (!take(at, *answer))
          return;
      bool hung = alive && child.waited() > limit;
      if (alive && !hung)
        continue;
      if (child.next < child.end) {
        if (!take(child.next, {hung ? Answer::Hung : Answer::Crashed, child.printed(), child.waited()}))
          return;
        if (child.next + 1 < child.end)
          pending.push_back({child.next + 1, child.end});
      }
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
}

} // namespace flowc::fuzz
