// SPDX-License-Identifier: MIT
//
// A compiled flow as a C++ class, header only, over the C interface in flowrt.h. Needs C++20 and the model library.
// Failures throw StatusError, a std::runtime_error; a span of the wrong length throws std::invalid_argument.
//
//   flowc::Model<float> model(two_moons_model());
//   model.load_parameters("two_moons/parameters.safetensors");
//   std::vector<float> density = model.log_prob(x);
//
// Of a conditional model every row has a context, the last argument of the calls below; other models are given none.

#ifndef FLOWRT_HPP
#define FLOWRT_HPP

#include "flowrt.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace flowc {

/// A call of the C interface that failed.
struct StatusError : std::runtime_error {
  StatusError(const std::string &what, flowrt_status status) : std::runtime_error(what), status(status) {}
  flowrt_status status;
};

template <typename T> class Model {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "a model computes in float or double");

public:
  /// On the CPU, or on "cuda" or "cuda:N".
  explicit Model(const flowrt_api *interface, const std::string &device = "cpu") : api_(interface) {
    if (!api_ || api_->abi != FLOWRT_ABI)
      throw std::runtime_error("the model library and flowrt.hpp belong to different versions of flowc");
    flowrt_status status = FLOWRT_OK;
    instance_ = {api_->create_on(std::is_same_v<T, float> ? FLOWRT_F32 : FLOWRT_F64, device.c_str(), &status), api_->destroy};
    check(status);
  }

  int64_t features() const { return api_->features; }
  /// Numbers of a row of context; 1 where it is a label, 0 where the model is not conditional.
  int64_t context() const { return api_->context; }
  int64_t parameter_count() const { return api_->parameters; }
  const flowrt_api &api() const { return *api_; }
  /// For calls of the C interface, which take pointers to a GPU's memory, too.
  flowrt_instance *instance() const { return instance_.get(); }
  /// What it computes on: "cpu", or "cuda:0, " and the GPU's name.
  std::string device() const { return api_->device(instance_.get()); }
  /// The CUstream or cudaStream_t that work is put into from now on.
  void set_stream(void *stream) { check(api_->set_stream(instance_.get(), stream)); }

  void set_threads(int64_t threads) { check(api_->set_threads(instance_.get(), threads)); }
  int64_t threads() const { return api_->threads(instance_.get()); }
  void set_parallel_for(flowrt_parallel_for parallel_for, void *host) {
    check(api_->set_parallel_for(instance_.get(), parallel_for, host));
  }

  void set_parameters(std::span<const T> parameters) {
    expect(parameters.size(), size_t(api_->parameters), "parameters");
    check(api_->set_parameters(instance_.get(), parameters.data()));
  }

  /// Reads a checkpoint that flowc wrote (safetensors, the tensors in the order of the parameter vector).
  void load_parameters(const std::string &path) { set_parameters(read_checkpoint(path)); }

  /// The log density of each row of x.
  std::vector<T> log_prob(std::span<const T> x, std::span<const T> context = {}) {
    std::vector<T> out(rows_of(x));
    check(api_->log_prob(instance_.get(), x.data(), of(context, out.size()), int64_t(out.size()), out.data()));
    return out;
  }

  /// The latent of each row of x; log|det dz/dx| too where `log_det` is given.
  std::vector<T> to_latent(std::span<const T> x, std::span<T> log_det = {}, std::span<const T> context = {}) {
    return map(api_->to_latent, x, log_det, context);
  }

  /// The data of each row of z; log|det dx/dz| too where `log_det` is given.
  std::vector<T> to_data(std::span<const T> z, std::span<T> log_det = {}, std::span<const T> context = {}) {
    return map(api_->to_data, z, log_det, context);
  }

  /// Samples first, ..., first + count - 1 of the stream of `seed`; their log densities too where `log_prob` is given.
  std::vector<T> sample(int64_t count, uint64_t seed, uint64_t first = 0, std::span<T> log_prob = {},
                        std::span<const T> context = {}) {
    if (!log_prob.empty())
      expect(log_prob.size(), size_t(count), "log_prob");
    std::vector<T> x(size_t(count) * size_t(features()));
    check(api_->sample(instance_.get(), of(context, size_t(count)), seed, first, count, x.data(),
                       log_prob.empty() ? nullptr : log_prob.data()));
    return x;
  }

  /// What training raises, of each row: log_prob of data, unless the manifest has an `objective`; then of uniform numbers.
  std::vector<T> objective(std::span<const T> in, std::span<const T> context = {}) {
    std::vector<T> out(rows_of(in));
    check(api_->objective(instance_.get(), in.data(), of(context, out.size()), int64_t(out.size()), out.data()));
    return out;
  }

  /// The target's log density of each row of x, up to a constant, where the objective has a target.
  std::vector<T> target(std::span<const T> x, std::span<const T> context = {}) {
    std::vector<T> out(rows_of(x));
    check(api_->target(instance_.get(), x.data(), of(context, out.size()), int64_t(out.size()), out.data()));
    return out;
  }

  /// gradient := d(sum of weight * objective) / d(parameters), all weights 1 where none are given. Returns the objective
  /// of each row.
  std::vector<T> gradient(std::span<const T> in, std::span<T> gradient, std::span<const T> weight = {},
                          std::span<const T> context = {}) {
    std::vector<T> objective(rows_of(in));
    expect(gradient.size(), size_t(api_->parameters), "gradient");
    if (!weight.empty())
      expect(weight.size(), objective.size(), "weight");
    check(api_->gradient(instance_.get(), in.data(), of(context, objective.size()), weight.empty() ? nullptr : weight.data(),
                         int64_t(objective.size()), objective.data(), gradient.data()));
    return objective;
  }

  /// The statistics of the rows of the last `gradient`, each into its place of `parameters`.
  void statistics(std::span<T> parameters) {
    expect(parameters.size(), size_t(api_->parameters), "parameters");
    check(api_->statistics(instance_.get(), parameters.data()));
  }

  /// Mean and deviation of what data-dependent starts ask for; and the parameters they give, in place.
  void probe(std::span<const T> x, std::span<T> mean, std::span<T> deviation, std::span<const T> context = {}) {
    expect(mean.size(), size_t(api_->probes), "mean");
    expect(deviation.size(), size_t(api_->probes), "deviation");
    size_t rows = rows_of(x);
    check(api_->probe(instance_.get(), x.data(), of(context, rows), int64_t(rows), mean.data(), deviation.data()));
  }
  void start(std::span<const T> mean, std::span<const T> deviation, std::span<T> parameters) {
    expect(mean.size(), size_t(api_->probes), "mean");
    expect(deviation.size(), size_t(api_->probes), "deviation");
    expect(parameters.size(), size_t(api_->parameters), "parameters");
    check(api_->start(instance_.get(), mean.data(), deviation.data(), parameters.data()));
  }

private:
  using Map = flowrt_status (*)(flowrt_instance *, const void *, const void *, int64_t, void *, void *);

  /// The context of so many rows as the interface takes it: null where there is none. It says what is wrong with one that is missing.
  const T *of(std::span<const T> context, size_t rows) const {
    if (context.empty())
      return nullptr;
    if (context.size() != rows * size_t(api_->context) && api_->context > 0)
      throw std::invalid_argument("the context has " + std::to_string(context.size()) + " numbers; expected " +
                                  std::to_string(api_->context) + " for each of " + std::to_string(rows) + " rows");
    return context.data();
  }

  std::vector<T> map(Map function, std::span<const T> in, std::span<T> log_det, std::span<const T> context) {
    if (!log_det.empty())
      expect(log_det.size(), rows_of(in), "log_det");
    std::vector<T> out(in.size());
    check(function(instance_.get(), in.data(), of(context, rows_of(in)), int64_t(rows_of(in)), out.data(),
                   log_det.empty() ? nullptr : log_det.data()));
    return out;
  }

  size_t rows_of(std::span<const T> rows) const {
    if (rows.size() % size_t(features()) != 0)
      throw std::invalid_argument("data of " + std::to_string(rows.size()) + " numbers is no whole number of rows of " +
                                  std::to_string(features()));
    return rows.size() / size_t(features());
  }

  static void expect(size_t found, size_t expected, const char *what) {
    if (found != expected)
      throw std::invalid_argument(std::string(what) + " has " + std::to_string(found) + " elements; expected " +
                                  std::to_string(expected));
  }

  void check(flowrt_status status) const {
    if (status == FLOWRT_NO_MEMORY)
      throw std::bad_alloc();
    if (status != FLOWRT_OK)
      throw StatusError(std::string(api_->name) + ": " + api_->status_message(status), status);
  }

  std::vector<T> read_checkpoint(const std::string &path) const {
    std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file)
      throw std::runtime_error(path + ": cannot be opened");
    uint64_t length = 0;
    std::string header;
    if (std::fread(&length, sizeof length, 1, file.get()) == 1 && length < (100u << 20)) {
      header.resize(length);
      header.resize(std::fread(header.data(), 1, length, file.get()));
    }
    const char *dtype = std::is_same_v<T, float> ? "\"F32\"" : "\"F64\"";
    std::vector<T> values(size_t(api_->parameters) + 1);
    if (header.size() != length || (api_->parameters > 0 && header.find(dtype) == std::string::npos) ||
        std::fread(values.data(), sizeof(T), values.size(), file.get()) != size_t(api_->parameters))
      throw std::runtime_error(path + ": no checkpoint of " + api_->name + " in this element type");
    values.pop_back();
    return values;
  }

  const flowrt_api *api_;
  std::unique_ptr<flowrt_instance, void (*)(flowrt_instance *)> instance_{nullptr, nullptr};
};

} // namespace flowc

#endif
