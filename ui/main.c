#include "ui/app.h"

int main(int argc, char **argv)
{
    return tincture_app_run(tincture_app_new(), argc, argv);
}
