// SPDX-License-Identifier: MIT
//
// The one exported function of a model library, and the table it returns: checks arguments, then hands over to the
// instance under its element type. The linker gives `flowrt_model_entry` its public name NAME_model.

#include "runtime/model/Instance.h"
#include "runtime/model/device/DeviceInstance.h"

#include <string.h>

namespace flowc::runtime::model {
namespace {

/// Runs `call` with the instance under its own type.
template <typename Call> flowrt_status dispatch(flowrt_instance *instance, Call call) {
  if (instance->dtype == FLOWRT_F64)
    return call(*static_cast<Backend<double> *>(instance), double());
  return call(*static_cast<Backend<float> *>(instance), float());
}

/// How many parameters the model has; a model without any takes null for their vector.
int64_t parameterCount(flowrt_instance *instance) {
  int64_t count = 0;
  dispatch(instance, [&]<typename T>(Backend<T> &typed, T) {
    count = typed.parameterCount();
    return FLOWRT_OK;
  });
  return count;
}

/// dispatch, for calls that need parameters and [rows] of data with their contexts: `pointers` must not be null unless there are no
/// rows. `call` gets the context under its type.
template <typename Call>
flowrt_status dispatchRows(flowrt_instance *instance, const void *context, int64_t rows, bool pointers, Call call) {
  if (!instance || rows < 0 || (rows > 0 && !pointers))
    return FLOWRT_BAD_ARGUMENT;
  if (!instance->hasParameters)
    return FLOWRT_NO_PARAMETERS;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) {
    auto contexts = static_cast<const T *>(context);
    flowrt_status status = typed.checkContext(contexts, rows);
    return status == FLOWRT_OK ? call(typed, contexts) : status;
  });
}

const char *statusMessage(flowrt_status status) {
  switch (status) {
  case FLOWRT_OK:
    return "no error";
  case FLOWRT_BAD_ARGUMENT:
    return "a null pointer or a negative count";
  case FLOWRT_NO_DTYPE:
    return "the model was not compiled for this element type";
  case FLOWRT_NO_MEMORY:
    return "not enough memory";
  case FLOWRT_NO_PARAMETERS:
    return "the parameters are not set yet";
  case FLOWRT_ABI_MISMATCH:
    return "the model's kernels belong to another version of flowc";
  case FLOWRT_NO_TARGET:
    return "the model learns from data and has no target";
  case FLOWRT_NO_CONTEXT:
    return "the model is conditional and was given no context";
  case FLOWRT_NOT_CONDITIONAL:
    return "the model is not conditional, but was given a context";
  case FLOWRT_BAD_LABEL:
    return "a label is not a whole number from 0 to the number of labels - 1";
  case FLOWRT_BAD_DEVICE:
    return "no such kind of device; expected cpu, cuda or cuda:N";
  case FLOWRT_NO_DEVICE_CODE:
    return "the model was compiled for the CPU alone; compile it with `--target cpu,cuda`";
  case FLOWRT_NO_DRIVER:
    return "this machine has no driver for NVIDIA GPUs (libcuda.so.1)";
  case FLOWRT_OLD_DRIVER:
    return "the GPU's driver is too old for the model's code; install a newer one";
  case FLOWRT_NO_DEVICE:
    return "this machine has no GPU of that number";
  case FLOWRT_OLD_DEVICE:
    return "the GPU is older than those that the model was compiled for; compile it with a lower `--gpu`";
  case FLOWRT_NO_DEVICE_MEMORY:
    return "the GPU has too little free memory for the model";
  case FLOWRT_OTHER_DEVICE:
    return "a pointer is to the memory of another GPU than the instance's";
  case FLOWRT_NOT_ON_DEVICE:
    return "the instance computes on the CPU and has no stream";
  case FLOWRT_NO_DEVICE_GRADIENT:
    return "gradients are not there on a GPU yet";
  case FLOWRT_DEVICE_FAILED:
    return "the GPU or its driver failed";
  }
  return "unknown status";
}

/// What a device's name says: the CPU, or a GPU by its number.
struct DeviceName {
  bool isKnown = false, isCpu = false;
  int64_t ordinal = 0;
};

DeviceName readDevice(const char *name) {
  DeviceName result;
  if (!name || strcmp(name, "cpu") == 0)
    return {true, true, 0};
  if (strncmp(name, "cuda", 4) != 0)
    return result;
  const char *number = name + 4;
  result.isKnown = !*number || (*number == ':' && number[1]);
  for (const char *digit = number + 1; *number && *digit; ++digit) {
    result.isKnown &= *digit >= '0' && *digit <= '9' && result.ordinal < 1000;
    result.ordinal = 10 * result.ordinal + (*digit - '0');
  }
  return result;
}

template <typename T> flowrt_instance *createTyped(flowrt_dtype dtype, const DeviceName &device, flowrt_status &status) {
  Kernels<T> kernels = linkedKernels<T>();
  if (!kernels.info) {
    status = FLOWRT_NO_DTYPE;
    return nullptr;
  }
  if (kernels.info->abi != FLOWRT_KERNEL_ABI) {
    status = FLOWRT_ABI_MISMATCH;
    return nullptr;
  }
  if (!device.isCpu)
    return DeviceInstance<T>::create(device.ordinal, dtype, status);
  flowrt_instance *instance = Instance<T>::create(kernels, dtype);
  status = instance ? FLOWRT_OK : FLOWRT_NO_MEMORY;
  return instance;
}

flowrt_instance *createOn(flowrt_dtype dtype, const char *name, flowrt_status *status) {
  flowrt_status ignored;
  flowrt_status &result = status ? *status : ignored;
  DeviceName device = readDevice(name);
  result = FLOWRT_BAD_DEVICE;
  if (!device.isKnown)
    return nullptr;
  if (dtype == FLOWRT_F32)
    return createTyped<float>(dtype, device, result);
  if (dtype == FLOWRT_F64)
    return createTyped<double>(dtype, device, result);
  result = FLOWRT_NO_DTYPE;
  return nullptr;
}

flowrt_instance *create(flowrt_dtype dtype, flowrt_status *status) { return createOn(dtype, "cpu", status); }

void destroy(flowrt_instance *instance) {
  if (instance)
    dispatch(instance, [&]<typename T>(Backend<T> &typed, T) {
      typed.destroy();
      return FLOWRT_OK;
    });
}

const char *deviceOf(const flowrt_instance *instance) {
  if (!instance)
    return "";
  if (instance->dtype == FLOWRT_F64)
    return static_cast<const Backend<double> *>(instance)->device();
  return static_cast<const Backend<float> *>(instance)->device();
}

flowrt_status setStream(flowrt_instance *instance, void *stream) {
  if (!instance)
    return FLOWRT_BAD_ARGUMENT;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) { return typed.setStream(stream); });
}

flowrt_status setParameters(flowrt_instance *instance, const void *values) {
  if (!instance || (!values && parameterCount(instance) > 0))
    return FLOWRT_BAD_ARGUMENT;
  return dispatch(
      instance, [&]<typename T>(Backend<T> &typed, T) { return typed.setParameters(static_cast<const T *>(values)); });
}

flowrt_status logProb(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *logProb) {
  return dispatchRows(instance, context, rows, x && logProb, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.logProb({static_cast<const T *>(x), contexts}, rows, static_cast<T *>(logProb));
  });
}

flowrt_status toLatent(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *z, void *logDet) {
  return dispatchRows(instance, context, rows, x && z, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.toLatent({static_cast<const T *>(x), contexts}, rows, static_cast<T *>(z), static_cast<T *>(logDet));
  });
}

flowrt_status toData(flowrt_instance *instance, const void *z, const void *context, int64_t rows, void *x, void *logDet) {
  return dispatchRows(instance, context, rows, z && x, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.toData({static_cast<const T *>(z), contexts}, rows, static_cast<T *>(x), static_cast<T *>(logDet));
  });
}

flowrt_status sample(flowrt_instance *instance, const void *context, uint64_t seed, uint64_t first, int64_t count, void *x,
                     void *logProb) {
  return dispatchRows(instance, context, count, x, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.sample(contexts, seed, first, count, static_cast<T *>(x), static_cast<T *>(logProb));
  });
}

flowrt_status objective(flowrt_instance *instance, const void *in, const void *context, int64_t rows, void *objective) {
  return dispatchRows(instance, context, rows, in && objective, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.objective({static_cast<const T *>(in), contexts}, rows, static_cast<T *>(objective));
  });
}

flowrt_status target(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *logDensity) {
  return dispatchRows(instance, context, rows, x && logDensity, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.target({static_cast<const T *>(x), contexts}, rows, static_cast<T *>(logDensity));
  });
}

flowrt_status gradient(flowrt_instance *instance, const void *in, const void *context, const void *weight, int64_t rows,
                       void *objective, void *gradient) {
  if (!instance || (!gradient && parameterCount(instance) > 0))
    return FLOWRT_BAD_ARGUMENT;
  return dispatchRows(instance, context, rows, in, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.gradient({static_cast<const T *>(in), contexts}, static_cast<const T *>(weight), rows,
                          static_cast<T *>(objective), static_cast<T *>(gradient));
  });
}

flowrt_status statistics(flowrt_instance *instance, void *parameters) {
  if (!instance || (!parameters && parameterCount(instance) > 0))
    return FLOWRT_BAD_ARGUMENT;
  if (!instance->hasParameters)
    return FLOWRT_NO_PARAMETERS;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) { return typed.statistics(static_cast<T *>(parameters)); });
}

flowrt_status probe(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *mean, void *deviation) {
  return dispatchRows(instance, context, rows, x && mean && deviation, [&]<typename T>(Backend<T> &typed, const T *contexts) {
    return typed.probe({static_cast<const T *>(x), contexts}, rows, static_cast<T *>(mean), static_cast<T *>(deviation));
  });
}

flowrt_status start(flowrt_instance *instance, const void *mean, const void *deviation, void *parameters) {
  if (!instance || !mean || !deviation || !parameters)
    return FLOWRT_BAD_ARGUMENT;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) {
    return typed.start(static_cast<const T *>(mean), static_cast<const T *>(deviation), static_cast<T *>(parameters));
  });
}

flowrt_status setThreads(flowrt_instance *instance, int64_t threads) {
  if (!instance || threads < 0)
    return FLOWRT_BAD_ARGUMENT;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) { return typed.setThreads(threads); });
}

int64_t threads(const flowrt_instance *instance) { return instance ? instance->threads : 0; }

flowrt_status setParallelFor(flowrt_instance *instance, flowrt_parallel_for parallelFor, void *host) {
  if (!instance)
    return FLOWRT_BAD_ARGUMENT;
  instance->parallelFor = parallelFor;
  instance->host = host;
  return FLOWRT_OK;
}

char modelName[256];

/// Copies the manifest's top-level "name". The compiler wrote the manifest, so its syntax is not checked again here.
void readName(const char *text) {
  int depth = 0;
  bool isKey = true, isName = false;
  for (; *text; ++text) {
    if (*text == '"') {
      const char *begin = ++text;
      for (; *text && *text != '"'; ++text)
        if (*text == '\\' && text[1])
          ++text;
      size_t length = size_t(text - begin);
      if (depth == 1 && isName && length < sizeof modelName) {
        memcpy(modelName, begin, length);
        return;
      }
      isName = depth == 1 && isKey && length == 4 && memcmp(begin, "name", 4) == 0;
      if (!*text)
        return;
    } else if (*text == '{' || *text == '[') {
      ++depth;
      isKey = *text == '{';
    } else if (*text == '}' || *text == ']') {
      --depth;
    } else if (*text == ',' || *text == ':') {
      isKey = *text == ',';
    }
  }
}

flowrt_api api;

const flowrt_api *makeApi() {
  const flowrt_kernel_info *f32 = linkedKernels<float>().info, *f64 = linkedKernels<double>().info;
  const flowrt_kernel_info *any = f32 ? f32 : f64;
  readName(flow_manifest);
  api = {FLOWRT_ABI,
         modelName,
         flow_manifest,
         (f32 ? 1u << FLOWRT_F32 : 0u) | (f64 ? 1u << FLOWRT_F64 : 0u),
         any ? any->features : 0,
         any ? any->parameters : 0,
         any ? any->probes : 0,
         any ? (any->label ? 1 : any->context) : 0,
         any && any->label ? any->context : 0,
         statusMessage,
         create,
         destroy,
         setParameters,
         logProb,
         toLatent,
         toData,
         sample,
         objective,
         target,
         gradient,
         statistics,
         probe,
         start,
         setThreads,
         threads,
         setParallelFor,
         createOn,
         deviceOf,
         setStream};
  return &api;
}

// Filled when the library is loaded, so that the entry point is the same from every thread.
__attribute__((constructor)) void fillApi() { makeApi(); }

} // namespace
} // namespace flowc::runtime::model

// What a table of virtual functions names where a class leaves one open; nothing calls it, and libstdc++ is not there.
extern "C" __attribute__((visibility("hidden"))) void __cxa_pure_virtual() { __builtin_trap(); }

extern "C" __attribute__((visibility("default"))) const flowrt_api *flowrt_model_entry(void) {
  return &flowc::runtime::model::api;
}
