// SPDX-License-Identifier: MIT

#include "runtime/model/device/DeviceInstance.h"

#include "runtime/abi/flowrt_device.h"
#include "runtime/model/Tile.h"

#include <initializer_list>
#include <new>

namespace flowc::runtime::model {

/// Enough rows at a time for the largest devices to be busy, few enough for the copies of the next ones to go on beside them.
static constexpr int64_t MostPassageBytes = 256 << 20;

/// Rows that are probed at a time.
static constexpr int64_t ProbedRows = 1 << 16;

template <> const flowrt_kernel_info *deviceKernelInfo<float>() { return &flow_cuda_f32_info; }
template <> const flowrt_kernel_info *deviceKernelInfo<double>() { return &flow_cuda_f64_info; }

template <typename T> DeviceInstance<T> *DeviceInstance<T>::create(int64_t ordinal, flowrt_dtype dtype, flowrt_status &status) {
  void *memory = malloc(sizeof(DeviceInstance));
  if (!memory) {
    status = FLOWRT_NO_MEMORY;
    return nullptr;
  }
  auto *instance = new (memory) DeviceInstance();
  instance->dtype = dtype;
  status = instance->prepare(ordinal);
  if (status == FLOWRT_OK)
    return instance;
  instance->destroy();
  return nullptr;
}

template <typename T> flowrt_status DeviceInstance<T>::prepare(int64_t ordinal) {
  if (flowrt_status status = machine.open(ordinal); status != FLOWRT_OK)
    return status;
  if (!(info = deviceKernelInfo<T>()))
    return FLOWRT_NO_DTYPE;
  DeviceUse use(machine);
  auto find = [&](const char *name) { return machine.find(sizeof(T) == 4 ? "f32" : "f64", name); };
  kernels = {find("stage"),     find("to_latent"), find("to_data"),    find("log_prob"), find("sample"),
             find("objective"), find("target"),    find("statistics"), find("probe"),    find("start")};
  filler.prepare(machine, *info);
  if (!kernels.objective)
    kernels.objective = kernels.logProb;
  int64_t most = info->features > info->probes ? info->features : info->probes;
  size = {0, 0, info->features, contextColumns(*info), info->features + info->context, most, info->workspace};
  parameters = machine.allocate<T>(info->parameters);
  staged = machine.allocate<T>(info->staged);
  result = machine.allocate<T>(info->parameters);
  moments = machine.allocate<T>(2 * paddedProbes());
  workspace = machine.allocate<T>(info->workspace);
  for (Passage<T> &passage : passages)
    passage.stream = machine.makeStream();
  return machine.status();
}

template <typename T> void DeviceInstance<T>::destroy() {
  if (machine.isOpen()) {
    DeviceUse use(machine);
    machine.waitForAll();
    if (trained)
      trained->release();
    ::free(trained);
    backward.release();
    machine.free(batch);
    for (Passage<T> &passage : passages) {
      passage.release(machine);
      machine.freeStream(passage.stream);
    }
    for (T *memory : {parameters, staged, result, moments, workspace})
      machine.free(memory);
  }
  machine.close();
  ::free(this);
}

template <typename T> flowrt_status DeviceInstance<T>::setStream(void *given) {
  DeviceUse use(machine);
  machine.waitForAll();
  stream = static_cast<DriverStream *>(given);
  hasStream = true;
  if (trained)
    trained->moveTo(stream);
  return machine.status();
}

template <typename T> flowrt_status DeviceInstance<T>::checkContext(const T *context, int64_t rows) {
  flowrt_status status = checkPresence(*info, context, rows);
  if (status != FLOWRT_OK || !context || !info->label)
    return status;
  DeviceUse use(machine);
  if (!machine.owns(context))
    return checkLabels(*info, context, rows);
  T *copied = static_cast<T *>(malloc(size_t(rows > 0 ? rows : 1) * sizeof(T)));
  if (!copied)
    return FLOWRT_NO_MEMORY;
  DriverStream *at = streamOf(passages[0]);
  machine.toHost(copied, context, rows, at);
  machine.wait(at);
  status = machine.status();
  if (status == FLOWRT_OK)
    status = checkLabels(*info, copied, rows);
  ::free(copied);
  return status;
}

template <typename T> flowrt_status DeviceInstance<T>::setParameters(const T *values) {
  DeviceUse use(machine);
  DriverStream *at = streamOf(passages[0]);
  machine.bring(parameters, values, info->parameters, at);
  machine.launch(kernels.stage, 1, at, parameters, staged, workspace);
  machine.wait(at);
  flowrt_status status = machine.status();
  this->hasParameters |= status == FLOWRT_OK;
  return status;
}

template <typename T> flowrt_status DeviceInstance<T>::logProb(Given<T> x, int64_t rows, T *logProb) {
  return run({kernels.logProb, x, rows, nullptr, 0, logProb, true});
}

template <typename T> flowrt_status DeviceInstance<T>::objective(Given<T> in, int64_t rows, T *objective) {
  return run({kernels.objective, in, rows, nullptr, 0, objective, true});
}

template <typename T> flowrt_status DeviceInstance<T>::target(Given<T> x, int64_t rows, T *logDensity) {
  return kernels.target ? run({kernels.target, x, rows, nullptr, 0, logDensity, true}) : FLOWRT_NO_TARGET;
}

template <typename T> flowrt_status DeviceInstance<T>::toLatent(Given<T> x, int64_t rows, T *z, T *logDet) {
  return run({kernels.toLatent, x, rows, z, info->features, logDet, true});
}

template <typename T> flowrt_status DeviceInstance<T>::toData(Given<T> z, int64_t rows, T *x, T *logDet) {
  return run({kernels.toData, z, rows, x, info->features, logDet, true});
}

template <typename T>
flowrt_status DeviceInstance<T>::sample(const T *context, uint64_t seed, uint64_t first, int64_t count, T *x, T *logProb) {
  return run({kernels.sample, {nullptr, context}, count, x, info->features, logProb, true, seed, first});
}

/// The sums are the CPU's, in double over the rows in order: the mean first, then the deviation from it.
template <typename T> flowrt_status DeviceInstance<T>::probe(Given<T> x, int64_t rows, T *mean, T *deviation) {
  int64_t probes = info->probes, features = info->features, columns = contextColumns(*info), atOnce = smaller(rows, ProbedRows);
  double *sums = allocate<double>(2 * probes);
  T *probed = allocate<T>(atOnce * probes), *both = allocate<T>(2 * probes);
  flowrt_status status = sums && probed && both ? FLOWRT_OK : FLOWRT_NO_MEMORY;
  double *means = sums, *squares = sums + probes;
  for (int pass = 0; pass < 2 && status == FLOWRT_OK; ++pass) {
    for (int64_t first = 0; first < rows && status == FLOWRT_OK; first += atOnce) {
      int64_t count = smaller(atOnce, rows - first);
      Given<T> part{x.rows + first * features, x.context ? x.context + first * columns : nullptr};
      status = run({kernels.probe, part, count, probed, probes, nullptr, false});
      for (int64_t i = 0; i < count * probes && status == FLOWRT_OK; ++i) {
        double value = double(probed[i]), distance = value - means[i % probes];
        (pass == 0 ? means : squares)[i % probes] += pass == 0 ? value : distance * distance;
      }
    }
    for (int64_t p = 0; p < probes && rows > 0 && status == FLOWRT_OK; ++p)
      (pass == 0 ? means : squares)[p] /= double(rows);
  }
  if (status == FLOWRT_OK) {
    for (int64_t p = 0; p < probes; ++p) {
      both[p] = T(means[p]);
      both[probes + p] = T(__builtin_sqrt(squares[p]));
    }
    DeviceUse use(machine);
    DriverStream *at = streamOf(passages[0]);
    machine.put(mean, static_cast<const T *>(both), probes, at);
    machine.put(deviation, static_cast<const T *>(both + probes), probes, at);
    machine.wait(at);
    status = machine.status();
  }
  ::free(sums);
  ::free(probed);
  ::free(both);
  return status;
}

template <typename T> flowrt_status DeviceInstance<T>::start(const T *mean, const T *deviation, T *values) {
  DeviceUse use(machine);
  DriverStream *at = streamOf(passages[0]);
  T *deviations = moments + paddedProbes();
  machine.bring(moments, mean, info->probes, at);
  machine.bring(deviations, deviation, info->probes, at);
  machine.bring(result, static_cast<const T *>(values), info->parameters, at);
  machine.launch(kernels.start, 1, at, moments, deviations, result, workspace);
  machine.give(values, result, info->parameters, at);
  machine.wait(at);
  return machine.status();
}

template <typename T> flowrt_status DeviceInstance<T>::statistics(T *values) {
  if (!kernels.statistics)
    return FLOWRT_OK;
  DeviceUse use(machine);
  DriverStream *at = streamOf(passages[0]);
  machine.bring(result, static_cast<const T *>(values), info->parameters, at);
  machine.launch(kernels.statistics, 1, at, staged, result, workspace);
  machine.give(values, result, info->parameters, at);
  machine.wait(at);
  return machine.status();
}

/// Room for the gradient of so many rows. All are there at once: statistics are of all of them.
template <typename T> bool DeviceInstance<T>::prepareGradient(int64_t rows) {
  DriverStream *at = streamOf(passages[0]);
  if (batchRows < 0)
    backward.prepare(machine, *info);
  if (rows > batchRows) {
    machine.wait(at);
    machine.free(batch);
    int64_t lanes = (rows + info->tile - 1) / info->tile * info->tile; // the objective comes in whole tiles
    batch = machine.allocate<T>(lanes * (info->features + contextColumns(*info) + 1));
    batchRows = batch ? rows : 0;
  }
  return batch && backward.grow(rows, at);
}

template <typename T>
flowrt_status DeviceInstance<T>::gradient(Given<T> in, const T *weight, int64_t rows, T *objective, T *gradient) {
  DeviceUse use(machine);
  DriverStream *at = streamOf(passages[0]);
  if (!prepareGradient(rows))
    return machine.status();
  int64_t contexts = rows * contextColumns(*info);
  T *to = batch;
  auto onDevice = [&](const T *from, int64_t count) -> const T * {
    if (!from || machine.owns(from))
      return from;
    machine.toDevice(to, from, count, at);
    return (to += count) - count;
  };
  const T *x = onDevice(in.rows, rows * info->features), *context = onDevice(in.context, contexts), *weights = onDevice(weight, rows);
  const T *result = backward.compute({x, context, weights, nullptr, 0, this->noiseSeed, this->firstNoise}, rows, parameters,
                                      staged, at);
  machine.give(gradient, result, info->parameters, at);
  if (objective && rows > 0) {
    backward.copyObjective(batch, rows, at);
    machine.give(objective, static_cast<const T *>(batch), rows, at);
  }
  machine.wait(at);
  return machine.status();
}

template <typename T> Training<T> *DeviceInstance<T>::training() {
  if (!trained)
    if (void *memory = malloc(sizeof(DeviceTraining<T>)))
      trained = new (memory) DeviceTraining<T>(machine, *info, streamOf(passages[0]));
  return trained;
}

//===- a batch, part by part ----------------------------------------------------------------------------------------===//

template <typename T> int64_t DeviceInstance<T>::mostBlocks() const {
  int64_t most = 1;
  for (const DeviceKernel &kernel : {kernels.toLatent, kernels.toData, kernels.logProb, kernels.sample, kernels.objective, kernels.target,
                                     kernels.probe})
    most = most > kernel.mostBlocks ? most : kernel.mostBlocks;
  return most;
}

/// Sees to it that both passages have room for so many rows, or for as many of them as the device's memory lets be.
template <typename T> bool DeviceInstance<T>::makeRoom(int64_t rows) {
  int64_t tile = info->tile;
  auto wholeTiles = [tile](int64_t count) { return (count + tile - 1) / tile * tile; };
  PassageSize one = size;
  one.rows = 1;
  one.blocks = 0;
  int64_t most = wholeTiles(MostPassageBytes / (one.onDevice() * int64_t(sizeof(T))));
  int64_t wanted = smaller(wholeTiles(rows), most > tile ? most : tile);
  if (size.rows >= wanted || isLimited)
    return true;
  machine.waitForAll();
  for (Passage<T> &passage : passages)
    passage.release(machine);
  // The host program wants memory, too.
  for (int64_t free = machine.freeBytes() / 4;; wanted = wholeTiles(wanted / 2)) {
    size.rows = wanted;
    size.blocks = smaller(wanted / tile, mostBlocks());
    bool fits = size.onDevice() * int64_t(sizeof(T)) <= free;
    if (fits && passages[0].grow(machine, size) && passages[1].grow(machine, size))
      return true;
    machine.status(); // of what did not fit; the half may
    for (Passage<T> &passage : passages)
      passage.release(machine);
    size.rows = 0;
    isLimited = wanted > tile;
    if (!isLimited)
      return false;
  }
}

template <typename T> flowrt_status DeviceInstance<T>::run(const Work &work) {
  if (work.rows == 0)
    return FLOWRT_OK;
  DeviceUse use(machine);
  if (!makeRoom(work.rows))
    return FLOWRT_NO_DEVICE_MEMORY;
  for (int64_t first = 0, part = 0; first < work.rows; first += size.rows, ++part) {
    Passage<T> &passage = passages[part % 2];
    if (passage.isHeld())
      finish(passage);
    int64_t count = smaller(size.rows, work.rows - first);
    fill(passage, work, first, count);
    compute(passage, work, count);
    collect(passage, work, first, count);
  }
  // What stays on the device is ready for whatever comes next in the host program's stream.
  for (Passage<T> &passage : passages)
    if (!hasStream || passage.isExpected())
      finish(passage);
  return machine.status();
}

/// `count` numbers where the device can read them: where they are, or in `to`.
template <typename T>
const T *DeviceInstance<T>::brought(Passage<T> &passage, const T *from, int64_t count, T *to, T *(Passage<T>::*pinned)) {
  if (machine.owns(from))
    return from;
  if (!passage.pin(machine, size))
    return nullptr;
  copy(passage.*pinned, from, count);
  machine.toDevice(to, static_cast<const T *>(passage.*pinned), count, streamOf(passage));
  return to;
}

template <typename T> void DeviceInstance<T>::fill(Passage<T> &passage, const Work &work, int64_t first, int64_t count) {
  int64_t features = info->features, columns = contextColumns(*info);
  DriverStream *at = streamOf(passage);
  DeviceRows<T> from = {};
  if (work.in.rows) {
    from.rows = brought(passage, work.in.rows + first * features, count * features, passage.rows, &Passage<T>::hostRows);
    filler.features(from, passage.tiles, count, size.tile, at);
  } else {
    filler.uniform(passage.tiles, work.seed, work.first + uint64_t(first), count, features, size.tile, RandomStream::Sample, at);
  }
  if (!info->context)
    return;
  from.context = brought(passage, work.in.context + first * columns, count * columns, passage.context, &Passage<T>::hostContext);
  filler.contexts(from, passage.tiles, count, size.tile, at);
}

template <typename T> void DeviceInstance<T>::compute(Passage<T> &passage, const Work &work, int64_t count) {
  int64_t tiles = filler.tilesIn(count);
  int64_t blocks = smaller(smaller(tiles, size.blocks), work.kernel.mostBlocks);
  DriverStream *at = streamOf(passage);
  if (!work.columns)
    machine.launch(work.kernel, blocks, at, staged, passage.tiles, passage.density, passage.workspace, tiles);
  else if (!work.givesDensity)
    machine.launch(work.kernel, blocks, at, staged, passage.tiles, passage.given, passage.workspace, tiles);
  else
    machine.launch(work.kernel, blocks, at, staged, passage.tiles, passage.given, passage.density, passage.workspace, tiles);
}

template <typename T> void DeviceInstance<T>::collect(Passage<T> &passage, const Work &work, int64_t first, int64_t count) {
  DriverStream *at = streamOf(passage);
  if (work.columns) {
    T *results = work.results + first * work.columns;
    bool isOnDevice = machine.owns(results);
    filler.toRows(passage.given, isOnDevice ? results : passage.results, count, work.columns, at);
    if (!isOnDevice && passage.pin(machine, size)) {
      machine.toHost(passage.hostResults, passage.results, count * work.columns, at);
      passage.expectResults(results, count * work.columns);
    }
  }
  if (!work.density)
    return;
  T *density = work.density + first;
  if (machine.owns(density))
    machine.copy(density, static_cast<const T *>(passage.density), count, at);
  else if (passage.pin(machine, size)) {
    machine.toHost(passage.hostDensity, static_cast<const T *>(passage.density), count, at);
    passage.expectDensity(density, count);
  }
}

template <typename T> void DeviceInstance<T>::finish(Passage<T> &passage) {
  machine.wait(streamOf(passage));
  passage.handOver(machine.isGood());
}

template class DeviceInstance<float>;
template class DeviceInstance<double>;

} // namespace flowc::runtime::model
