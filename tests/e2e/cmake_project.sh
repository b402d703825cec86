#!/usr/bin/env bash
# examples/cpp_density, configured, built and run. Arguments of common.sh, and: the package folder, CMake, the generator, the C++
# compiler. With a build folder as fifth argument, flowc is first installed from it, and that package is taken instead.
source "$(dirname "$0")/common.sh"
package=$1 cmake=$2 generator=$3 compiler=$4

if [ -n "${5:-}" ]; then
  expect 0 "$cmake" --install "$5" --prefix "$work/prefix" || finish
  package=$work/prefix/lib/cmake/flowc
  expect 0 "$work/prefix/bin/flowc" --help
fi

cp -r "$source/examples/cpp_density" project
expect 0 "$cmake" -S project -B build -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -Dflowc_DIR="$package" || finish
says out 'Build files have been written'
expect 0 "$cmake" --build build || finish
says out 'Compiling the flow two_gaussians'
expect 0 build/cpp_density || finish
says out '1000 samples of 2 features'
expect 1 build/cpp_density missing.safetensors
says err 'missing.safetensors'

# Nothing changed: nothing is compiled. The spec changed: the program sees it.
expect 0 "$cmake" --build build
grep -q 'Compiling the flow' out && fail 'the flow is compiled anew without need'
build/cpp_density >before
sleep 1 # for file systems with whole seconds
sed -i 's/repeat 4/repeat 2/' project/two_gaussians.flow
expect 0 "$cmake" --build build
says out 'Compiling the flow two_gaussians'
build/cpp_density >after
cmp -s before after && fail 'an edit of the spec has no effect'

# A flow of another name than expected is no old library in silence.
sed -i 's/flow two_gaussians/flow another/' project/two_gaussians.flow
"$cmake" --build build >both 2>&1 && fail 'another name of the flow goes unnoticed'
says both 'say NAME in flowc_add_model'

# A wrong spec stops the build with the compiler's message.
sed -i 's/affine_coupling/afine_coupling/' project/two_gaussians.flow
"$cmake" --build build >both 2>&1 && fail 'a wrong spec does not stop the build'
says both 'affine_coupling'

finish
