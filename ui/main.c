#include "ui/app.h"

#include "compute/memory_left.h"

int main(int argc, char **argv)
{
    memory_prepare();
    return tincture_app_run(tincture_app_new(), argc, argv);
}
