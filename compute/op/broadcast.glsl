// The device's side of broadcast.h: the element of b that stands beside element i of a.
struct Broadcast {
    uint size[3];   // of a, without the first dimension
    uint stride[4]; // in b; 0 where b repeats
};

uint broadcast_index(Broadcast bc, uint i)
{
    uint index = 0;
    for (int d = 3; d > 0; d--) {
        uint rest = i / bc.size[d - 1];
        index += (i - rest * bc.size[d - 1]) * bc.stride[d];
        i = rest;
    }
    return index + i * bc.stride[0];
}
