"""The whole networks. `tests/networks.rs` declares the same ones with the same names."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def lenet() -> nn.Module:
    """LeNet-5."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            conv1=nn.Conv2d(1, 6, 5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flat=nn.Flatten(),
            fc1=nn.Linear(400, 120),
            relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84),
            relu4=nn.ReLU(),
            fc3=nn.Linear(84, 10),
        )
    )


def _conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class ResNet8(nn.Module):
    """A small residual network."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv_norm(3, 8, 3)
        self.b1c1 = _conv_norm(8, 8, 3)
        self.b1c2 = _conv_norm(8, 8, 3)
        self.b2c1 = _conv_norm(8, 16, 3, stride=2)
        self.b2c2 = _conv_norm(16, 16, 3)
        self.b2s = _conv_norm(8, 16, 1, stride=2)
        self.b3c1 = _conv_norm(16, 24, 3, stride=2)
        self.b3c2 = _conv_norm(24, 24, 3)
        self.b3s = _conv_norm(16, 24, 1, stride=2)
        self.fc = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = F.relu(self.b1c2(F.relu(self.b1c1(x))) + x)
        x = F.relu(self.b2c2(F.relu(self.b2c1(x))) + self.b2s(x))
        x = F.relu(self.b3c2(F.relu(self.b3c1(x))) + self.b3s(x))
        y: Tensor = self.fc(x.mean((2, 3)))
        return y


def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
    )


class UNet(nn.Module):
    """A small U-Net."""

    def __init__(self) -> None:
        super().__init__()
        self.d1 = _two_convolutions(1, 4)
        self.d2 = _two_convolutions(4, 8)
        self.mid = _two_convolutions(8, 12)
        self.u2 = nn.ConvTranspose2d(12, 8, 2, stride=2)
        self.e2 = _two_convolutions(16, 8)
        self.u1 = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.e1 = _two_convolutions(8, 4)
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        m = self.mid(F.max_pool2d(b, 2))
        e = self.e2(torch.cat([self.u2(m), b], 1))
        e = self.e1(torch.cat([self.u1(e), a], 1))
        y: Tensor = self.head(e)
        return y


class CharLSTM(nn.Module):
    """Two LSTM layers over characters."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(20, 8)
        self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True)
        self.out = nn.Linear(16, 20)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.out(self.lstm(self.emb(x))[0])
        return y


def generator() -> nn.Module:
    """The generator of a small DCGAN."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            ct1=nn.ConvTranspose2d(10, 12, 4, bias=False),
            bn1=nn.BatchNorm2d(12),
            r1=nn.ReLU(),
            ct2=nn.ConvTranspose2d(12, 6, 4, stride=2, padding=1, bias=False),
            bn2=nn.BatchNorm2d(6),
            r2=nn.ReLU(),
            ct3=nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1, bias=False),
            tanh=nn.Tanh(),
        )
    )


def discriminator() -> nn.Module:
    """Its discriminator."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            c1=nn.Conv2d(3, 6, 4, stride=2, padding=1, bias=False),
            l1=nn.LeakyReLU(0.2),
            c2=nn.Conv2d(6, 12, 4, stride=2, padding=1, bias=False),
            bn2=nn.BatchNorm2d(12),
            l2=nn.LeakyReLU(0.2),
            c3=nn.Conv2d(12, 1, 4, bias=False),
            sig=nn.Sigmoid(),
            flat=nn.Flatten(0),
        )
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "LeNet": lenet,
    "ResNet8": ResNet8,
    "UNet": UNet,
    "CharLSTM": CharLSTM,
    "Generator": generator,
    "Discriminator": discriminator,
}
