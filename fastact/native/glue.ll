; tools/native_ir.py made this from glue.c (e9c2ce8fc336957f) with clang 19.

%struct.place = type { ptr, ptr, i64, i64, i64, ptr, ptr, ptr, ptr, ptr }
%struct.context = type { ptr, ptr, ptr }
%struct.python = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, i64, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr }
%struct.array = type { ptr, i32, ptr, ptr, ptr, ptr, i32 }
%struct.call = type { ptr, ptr, ptr, ptr, i64, i64, [6 x ptr], [6 x ptr] }
%struct.plain = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr }
%struct.form = type { ptr, ptr, ptr, ptr, ptr }
%struct.called = type { ptr, ptr, ptr }
%struct.losses = type { ptr, ptr, ptr, i64, i64, i64 }
%struct.reduction = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr }

@fastact_glue_way = external constant i64, align 8
@fastact_glue_head = external constant i64, align 8
@fastact_glue_ntypes = external constant i64, align 8
@fastact_glue_data = external constant i64, align 8
@fastact_glue_tuple = external constant i64, align 8
@LEAST = internal constant [3 x double] [double 0x3F10000000000000, double 0x3810000000000000, double 0.000000e+00], align 16
@MOST = internal constant [3 x double] [double 6.550400e+04, double 0x47EFFFFFE0000000, double 0.000000e+00], align 16

define i32 @fastact_glue_native(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i32, align 4
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca ptr, align 8
  %14 = alloca ptr, align 8
  %15 = alloca ptr, align 8
  %16 = alloca ptr, align 8
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store ptr %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %17 = load ptr, ptr %7, align 8
  %18 = call ptr @place_of_call(ptr noundef %17) #3
  store ptr %18, ptr %12, align 8
  %19 = load ptr, ptr %12, align 8
  %20 = getelementptr inbounds %struct.place, ptr %19, i32 0, i32 0
  %21 = load atomic i64, ptr %20 acquire, align 8
  store i64 %21, ptr %14, align 8
  %22 = load ptr, ptr %14, align 8
  store ptr %22, ptr %13, align 8
  %23 = load ptr, ptr %13, align 8
  %24 = icmp eq ptr %23, null
  br i1 %24, label %25, label %34

25:
  %26 = load ptr, ptr %12, align 8
  %27 = call i1 @fill_in(ptr noundef %26) #3
  br i1 %27, label %29, label %28

28:
  store i32 -1, ptr %6, align 4
  br label %65

29:
  %30 = load ptr, ptr %12, align 8
  %31 = getelementptr inbounds %struct.place, ptr %30, i32 0, i32 0
  %32 = load atomic i64, ptr %31 acquire, align 8
  store i64 %32, ptr %15, align 8
  %33 = load ptr, ptr %15, align 8
  store ptr %33, ptr %13, align 8
  br label %34

34:
  %35 = load ptr, ptr %12, align 8
  %36 = getelementptr inbounds %struct.place, ptr %35, i32 0, i32 1
  %37 = load ptr, ptr %36, align 8
  %38 = load i64, ptr @fastact_glue_way, align 8
  %39 = getelementptr inbounds i8, ptr %37, i64 %38
  %40 = load ptr, ptr %39, align 8
  store ptr %40, ptr %16, align 8
  %41 = load ptr, ptr %16, align 8
  %42 = icmp ne ptr %41, null
  br i1 %42, label %43, label %57

43:
  %44 = load ptr, ptr %16, align 8
  %45 = load ptr, ptr %12, align 8
  %46 = getelementptr inbounds %struct.place, ptr %45, i32 0, i32 1
  %47 = load ptr, ptr %46, align 8
  %48 = load ptr, ptr %13, align 8
  %49 = load ptr, ptr %8, align 8
  %50 = load ptr, ptr %9, align 8
  %51 = load ptr, ptr %10, align 8
  %52 = load ptr, ptr %12, align 8
  %53 = getelementptr inbounds %struct.place, ptr %52, i32 0, i32 2
  %54 = load i64, ptr %53, align 8
  %55 = call i64 %44(ptr noundef %47, ptr noundef %48, ptr noundef %49, ptr noundef %50, ptr noundef %51, i64 noundef %54) #3
  %56 = trunc i64 %55 to i32
  store i32 %56, ptr %6, align 4
  br label %65

57:
  %58 = load ptr, ptr %13, align 8
  %59 = load ptr, ptr %8, align 8
  %60 = load ptr, ptr %9, align 8
  %61 = load ptr, ptr %10, align 8
  %62 = load ptr, ptr %12, align 8
  %63 = getelementptr inbounds %struct.place, ptr %62, i32 0, i32 1
  %64 = load ptr, ptr %63, align 8
  call void %58(ptr noundef %59, ptr noundef %60, ptr noundef %61, ptr noundef %64) #3
  store i32 0, ptr %6, align 4
  br label %65

65:
  %66 = load i32, ptr %6, align 4
  ret i32 %66
}

define internal ptr @place_of_call(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i32, align 4
  %6 = alloca i32, align 4
  store ptr %0, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.context, ptr %7, i32 0, i32 0
  %9 = load ptr, ptr %8, align 8
  %10 = call ptr @places_of(ptr noundef %9) #3
  store ptr %10, ptr %4, align 8
  %11 = load ptr, ptr %3, align 8
  %12 = getelementptr inbounds %struct.context, ptr %11, i32 0, i32 0
  %13 = load ptr, ptr %12, align 8
  %14 = load i64, ptr @fastact_glue_ntypes, align 8
  %15 = call ptr @inside(ptr noundef %13, i64 noundef %14) #3
  %16 = load i32, ptr %15, align 4
  %17 = sub nsw i32 %16, 1
  store i32 %17, ptr %5, align 4
  store i32 0, ptr %6, align 4
  br label %18

18:
  %19 = load i32, ptr %6, align 4
  %20 = load i32, ptr %5, align 4
  %21 = icmp slt i32 %19, %20
  br i1 %21, label %22, label %55

22:
  %23 = load ptr, ptr %3, align 8
  %24 = getelementptr inbounds %struct.context, ptr %23, i32 0, i32 2
  %25 = load ptr, ptr %24, align 8
  %26 = load ptr, ptr %4, align 8
  %27 = load i32, ptr %6, align 4
  %28 = sext i32 %27 to i64
  %29 = getelementptr inbounds ptr, ptr %26, i64 %28
  %30 = load ptr, ptr %29, align 8
  %31 = getelementptr inbounds %struct.place, ptr %30, i32 0, i32 4
  %32 = load i64, ptr %31, align 8
  %33 = getelementptr inbounds ptr, ptr %25, i64 %32
  %34 = load ptr, ptr %33, align 8
  %35 = call i32 @number_of(ptr noundef %34) #3
  %36 = sext i32 %35 to i64
  %37 = load ptr, ptr %4, align 8
  %38 = load i32, ptr %6, align 4
  %39 = sext i32 %38 to i64
  %40 = getelementptr inbounds ptr, ptr %37, i64 %39
  %41 = load ptr, ptr %40, align 8
  %42 = getelementptr inbounds %struct.place, ptr %41, i32 0, i32 3
  %43 = load i64, ptr %42, align 8
  %44 = icmp eq i64 %36, %43
  br i1 %44, label %45, label %51

45:
  %46 = load ptr, ptr %4, align 8
  %47 = load i32, ptr %6, align 4
  %48 = sext i32 %47 to i64
  %49 = getelementptr inbounds ptr, ptr %46, i64 %48
  %50 = load ptr, ptr %49, align 8
  store ptr %50, ptr %2, align 8
  br label %61

51:
  br label %52

52:
  %53 = load i32, ptr %6, align 4
  %54 = add nsw i32 %53, 1
  store i32 %54, ptr %6, align 4
  br label %18

55:
  %56 = load ptr, ptr %4, align 8
  %57 = load i32, ptr %5, align 4
  %58 = sext i32 %57 to i64
  %59 = getelementptr inbounds ptr, ptr %56, i64 %58
  %60 = load ptr, ptr %59, align 8
  store ptr %60, ptr %2, align 8
  br label %61

61:
  %62 = load ptr, ptr %2, align 8
  ret ptr %62
}

define internal i1 @fill_in(ptr noundef %0) #1 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca i32, align 4
  %5 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %6 = load ptr, ptr %2, align 8
  %7 = getelementptr inbounds %struct.place, ptr %6, i32 0, i32 9
  %8 = load ptr, ptr %7, align 8
  store ptr %8, ptr %3, align 8
  %9 = load ptr, ptr %3, align 8
  %10 = getelementptr inbounds %struct.python, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  %12 = call i32 %11() #3
  store i32 %12, ptr %4, align 4
  %13 = load ptr, ptr %3, align 8
  %14 = getelementptr inbounds %struct.python, ptr %13, i32 0, i32 2
  %15 = load ptr, ptr %14, align 8
  %16 = load ptr, ptr %2, align 8
  %17 = getelementptr inbounds %struct.place, ptr %16, i32 0, i32 5
  %18 = load ptr, ptr %17, align 8
  %19 = call ptr %15(ptr noundef %18) #3
  store ptr %19, ptr %5, align 8
  %20 = load ptr, ptr %5, align 8
  %21 = icmp ne ptr %20, null
  br i1 %21, label %22, label %27

22:
  %23 = load ptr, ptr %3, align 8
  %24 = getelementptr inbounds %struct.python, ptr %23, i32 0, i32 3
  %25 = load ptr, ptr %24, align 8
  %26 = load ptr, ptr %5, align 8
  call void %25(ptr noundef %26) #3
  br label %27

27:
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.python, ptr %28, i32 0, i32 1
  %30 = load ptr, ptr %29, align 8
  %31 = load i32, ptr %4, align 4
  call void %30(i32 noundef %31) #3
  %32 = load ptr, ptr %5, align 8
  %33 = icmp ne ptr %32, null
  ret i1 %33
}

define i32 @fastact_glue_native_fold(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i32, align 4
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca i8, align 1
  %15 = alloca [3 x ptr], align 16
  %16 = alloca i64, align 8
  %17 = alloca i32, align 4
  %18 = alloca i32, align 4
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store ptr %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %19 = load ptr, ptr %9, align 8
  %20 = getelementptr inbounds i64, ptr %19, i64 0
  %21 = load i64, ptr %20, align 8
  store i64 %21, ptr %12, align 8
  store i64 1, ptr %13, align 8
  %22 = load ptr, ptr %8, align 8
  %23 = getelementptr inbounds ptr, ptr %22, i64 0
  %24 = load ptr, ptr %23, align 8
  %25 = load ptr, ptr %10, align 8
  %26 = getelementptr inbounds i64, ptr %25, i64 0
  %27 = load i64, ptr %26, align 8
  %28 = getelementptr inbounds i8, ptr %24, i64 %27
  %29 = load ptr, ptr %8, align 8
  %30 = getelementptr inbounds ptr, ptr %29, i64 2
  %31 = load ptr, ptr %30, align 8
  %32 = icmp eq ptr %28, %31
  br i1 %32, label %33, label %41

33:
  %34 = load ptr, ptr %10, align 8
  %35 = getelementptr inbounds i64, ptr %34, i64 0
  %36 = load i64, ptr %35, align 8
  %37 = load ptr, ptr %10, align 8
  %38 = getelementptr inbounds i64, ptr %37, i64 2
  %39 = load i64, ptr %38, align 8
  %40 = icmp eq i64 %36, %39
  br label %41

41:
  %42 = phi i1 [ false, %5 ], [ %40, %33 ]
  %43 = zext i1 %42 to i8
  store i8 %43, ptr %14, align 1
  %44 = load i8, ptr %14, align 1
  %45 = trunc i8 %44 to i1
  br i1 %45, label %46, label %49

46:
  %47 = load i64, ptr %12, align 8
  %48 = icmp sle i64 %47, 1
  br i1 %48, label %49, label %56

49:
  %50 = load ptr, ptr %7, align 8
  %51 = load ptr, ptr %8, align 8
  %52 = load ptr, ptr %9, align 8
  %53 = load ptr, ptr %10, align 8
  %54 = load ptr, ptr %11, align 8
  %55 = call i32 @fastact_glue_native(ptr noundef %50, ptr noundef %51, ptr noundef %52, ptr noundef %53, ptr noundef %54) #3
  store i32 %55, ptr %6, align 4
  br label %105

56:
  %57 = load ptr, ptr %8, align 8
  %58 = getelementptr inbounds ptr, ptr %57, i64 0
  %59 = load ptr, ptr %58, align 8
  store ptr %59, ptr %15, align 8
  %60 = getelementptr inbounds ptr, ptr %15, i64 1
  %61 = load ptr, ptr %8, align 8
  %62 = getelementptr inbounds ptr, ptr %61, i64 1
  %63 = load ptr, ptr %62, align 8
  store ptr %63, ptr %60, align 8
  %64 = getelementptr inbounds ptr, ptr %15, i64 2
  %65 = load ptr, ptr %8, align 8
  %66 = getelementptr inbounds ptr, ptr %65, i64 2
  %67 = load ptr, ptr %66, align 8
  store ptr %67, ptr %64, align 8
  store i64 0, ptr %16, align 8
  br label %68

68:
  %69 = load i64, ptr %16, align 8
  %70 = load i64, ptr %12, align 8
  %71 = icmp slt i64 %69, %70
  br i1 %71, label %72, label %104

72:
  %73 = load ptr, ptr %7, align 8
  %74 = getelementptr inbounds [3 x ptr], ptr %15, i64 0, i64 0
  %75 = load ptr, ptr %10, align 8
  %76 = load ptr, ptr %11, align 8
  %77 = call i32 @fastact_glue_native(ptr noundef %73, ptr noundef %74, ptr noundef %13, ptr noundef %75, ptr noundef %76) #3
  store i32 %77, ptr %17, align 4
  %78 = load i32, ptr %17, align 4
  %79 = icmp ne i32 %78, 0
  br i1 %79, label %80, label %82

80:
  %81 = load i32, ptr %17, align 4
  store i32 %81, ptr %6, align 4
  br label %105

82:
  store i32 0, ptr %18, align 4
  br label %83

83:
  %84 = load i32, ptr %18, align 4
  %85 = icmp slt i32 %84, 3
  br i1 %85, label %86, label %100

86:
  %87 = load ptr, ptr %10, align 8
  %88 = load i32, ptr %18, align 4
  %89 = sext i32 %88 to i64
  %90 = getelementptr inbounds i64, ptr %87, i64 %89
  %91 = load i64, ptr %90, align 8
  %92 = load i32, ptr %18, align 4
  %93 = sext i32 %92 to i64
  %94 = getelementptr inbounds [3 x ptr], ptr %15, i64 0, i64 %93
  %95 = load ptr, ptr %94, align 8
  %96 = getelementptr inbounds i8, ptr %95, i64 %91
  store ptr %96, ptr %94, align 8
  br label %97

97:
  %98 = load i32, ptr %18, align 4
  %99 = add nsw i32 %98, 1
  store i32 %99, ptr %18, align 4
  br label %83

100:
  br label %101

101:
  %102 = load i64, ptr %16, align 8
  %103 = add nsw i64 %102, 1
  store i64 %103, ptr %16, align 8
  br label %68

104:
  store i32 0, ptr %6, align 4
  br label %105

105:
  %106 = load i32, ptr %6, align 4
  ret i32 %106
}

define ptr @fastact_glue_native_guarded(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i8, align 1
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca [2 x ptr], align 16
  %17 = alloca ptr, align 8
  %18 = alloca ptr, align 8
  %19 = alloca ptr, align 8
  %20 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %21 = load ptr, ptr %6, align 8
  %22 = call ptr @places_of(ptr noundef %21) #3
  %23 = getelementptr inbounds ptr, ptr %22, i64 0
  %24 = load ptr, ptr %23, align 8
  store ptr %24, ptr %10, align 8
  %25 = load ptr, ptr %10, align 8
  %26 = getelementptr inbounds %struct.place, ptr %25, i32 0, i32 9
  %27 = load ptr, ptr %26, align 8
  store ptr %27, ptr %11, align 8
  %28 = load ptr, ptr %11, align 8
  %29 = call i1 @limit_threads(ptr noundef %28) #3
  br i1 %29, label %31, label %30

30:
  store ptr null, ptr %5, align 8
  br label %176

31:
  %32 = load i64, ptr %8, align 8
  %33 = load ptr, ptr %6, align 8
  %34 = load i64, ptr @fastact_glue_head, align 8
  %35 = call ptr @inside(ptr noundef %33, i64 noundef %34) #3
  %36 = load i32, ptr %35, align 4
  %37 = sext i32 %36 to i64
  %38 = icmp ne i64 %32, %37
  br i1 %38, label %39, label %60

39:
  %40 = load ptr, ptr %11, align 8
  %41 = getelementptr inbounds %struct.python, ptr %40, i32 0, i32 15
  %42 = load ptr, ptr %41, align 8
  %43 = load i64, ptr %8, align 8
  %44 = call ptr %42(i64 noundef %43) #3
  store ptr %44, ptr %12, align 8
  %45 = load ptr, ptr %12, align 8
  %46 = icmp ne ptr %45, null
  br i1 %46, label %47, label %59

47:
  %48 = load ptr, ptr %11, align 8
  %49 = getelementptr inbounds %struct.python, ptr %48, i32 0, i32 4
  %50 = load ptr, ptr %49, align 8
  %51 = load ptr, ptr %10, align 8
  %52 = getelementptr inbounds %struct.place, ptr %51, i32 0, i32 8
  %53 = load ptr, ptr %52, align 8
  %54 = call ptr %50(ptr noundef %53, ptr noundef %12, i64 noundef 1, ptr noundef null) #3
  %55 = load ptr, ptr %11, align 8
  %56 = getelementptr inbounds %struct.python, ptr %55, i32 0, i32 3
  %57 = load ptr, ptr %56, align 8
  %58 = load ptr, ptr %12, align 8
  call void %57(ptr noundef %58) #3
  br label %59

59:
  store ptr null, ptr %5, align 8
  br label %176

60:
  store i8 0, ptr %13, align 1
  %61 = load ptr, ptr %9, align 8
  %62 = icmp eq ptr %61, null
  br i1 %62, label %63, label %64

63:
  br label %70

64:
  %65 = load ptr, ptr %11, align 8
  %66 = getelementptr inbounds %struct.python, ptr %65, i32 0, i32 5
  %67 = load ptr, ptr %66, align 8
  %68 = load ptr, ptr %9, align 8
  %69 = call i64 %67(ptr noundef %68) #3
  br label %70

70:
  %71 = phi i64 [ 0, %63 ], [ %69, %64 ]
  store i64 %71, ptr %14, align 8
  store i64 0, ptr %15, align 8
  br label %72

72:
  %73 = load i64, ptr %15, align 8
  %74 = load i64, ptr %14, align 8
  %75 = icmp slt i64 %73, %74
  br i1 %75, label %76, label %119

76:
  %77 = load ptr, ptr %11, align 8
  %78 = getelementptr inbounds %struct.python, ptr %77, i32 0, i32 6
  %79 = load ptr, ptr %78, align 8
  %80 = load ptr, ptr %9, align 8
  %81 = load i64, ptr %15, align 8
  %82 = call ptr %79(ptr noundef %80, i64 noundef %81) #3
  store ptr %82, ptr %16, align 8
  %83 = getelementptr inbounds ptr, ptr %16, i64 1
  %84 = load ptr, ptr %7, align 8
  %85 = load i64, ptr %8, align 8
  %86 = load i64, ptr %15, align 8
  %87 = add nsw i64 %85, %86
  %88 = getelementptr inbounds ptr, ptr %84, i64 %87
  %89 = load ptr, ptr %88, align 8
  store ptr %89, ptr %83, align 8
  %90 = load ptr, ptr %11, align 8
  %91 = getelementptr inbounds [2 x ptr], ptr %16, i64 0, i64 0
  %92 = load ptr, ptr %91, align 16
  %93 = getelementptr inbounds [2 x ptr], ptr %16, i64 0, i64 1
  %94 = load ptr, ptr %93, align 8
  %95 = load ptr, ptr %7, align 8
  %96 = load i64, ptr %8, align 8
  %97 = call i1 @is_usual(ptr noundef %90, ptr noundef %92, ptr noundef %94, ptr noundef %95, i64 noundef %96) #3
  br i1 %97, label %98, label %99

98:
  br label %116

99:
  %100 = load ptr, ptr %11, align 8
  %101 = getelementptr inbounds %struct.python, ptr %100, i32 0, i32 4
  %102 = load ptr, ptr %101, align 8
  %103 = load ptr, ptr %10, align 8
  %104 = getelementptr inbounds %struct.place, ptr %103, i32 0, i32 6
  %105 = load ptr, ptr %104, align 8
  %106 = getelementptr inbounds [2 x ptr], ptr %16, i64 0, i64 0
  %107 = call ptr %102(ptr noundef %105, ptr noundef %106, i64 noundef 2, ptr noundef null) #3
  store ptr %107, ptr %17, align 8
  %108 = load ptr, ptr %17, align 8
  %109 = icmp eq ptr %108, null
  br i1 %109, label %110, label %111

110:
  store ptr null, ptr %5, align 8
  br label %176

111:
  %112 = load ptr, ptr %11, align 8
  %113 = getelementptr inbounds %struct.python, ptr %112, i32 0, i32 3
  %114 = load ptr, ptr %113, align 8
  %115 = load ptr, ptr %17, align 8
  call void %114(ptr noundef %115) #3
  store i8 1, ptr %13, align 1
  br label %116

116:
  %117 = load i64, ptr %15, align 8
  %118 = add nsw i64 %117, 1
  store i64 %118, ptr %15, align 8
  br label %72

119:
  %120 = load i8, ptr %13, align 1
  %121 = trunc i8 %120 to i1
  br i1 %121, label %122, label %130

122:
  %123 = load ptr, ptr %11, align 8
  %124 = getelementptr inbounds %struct.python, ptr %123, i32 0, i32 4
  %125 = load ptr, ptr %124, align 8
  %126 = load ptr, ptr %10, align 8
  %127 = getelementptr inbounds %struct.place, ptr %126, i32 0, i32 7
  %128 = load ptr, ptr %127, align 8
  %129 = call ptr %125(ptr noundef %128, ptr noundef %6, i64 noundef 1, ptr noundef null) #3
  br label %131

130:
  br label %131

131:
  %132 = phi ptr [ %129, %122 ], [ null, %130 ]
  store ptr %132, ptr %18, align 8
  %133 = load i8, ptr %13, align 1
  %134 = trunc i8 %133 to i1
  br i1 %134, label %135, label %139

135:
  %136 = load ptr, ptr %18, align 8
  %137 = icmp eq ptr %136, null
  br i1 %137, label %138, label %139

138:
  store ptr null, ptr %5, align 8
  br label %176

139:
  %140 = load i8, ptr %13, align 1
  %141 = trunc i8 %140 to i1
  br i1 %141, label %142, label %144

142:
  %143 = load ptr, ptr %18, align 8
  br label %146

144:
  %145 = load ptr, ptr %6, align 8
  br label %146

146:
  %147 = phi ptr [ %143, %142 ], [ %145, %144 ]
  store ptr %147, ptr %19, align 8
  %148 = load ptr, ptr %11, align 8
  %149 = getelementptr inbounds %struct.python, ptr %148, i32 0, i32 4
  %150 = load ptr, ptr %149, align 8
  %151 = load ptr, ptr %19, align 8
  %152 = load ptr, ptr %7, align 8
  %153 = load i64, ptr %8, align 8
  %154 = load ptr, ptr %9, align 8
  %155 = call ptr %150(ptr noundef %151, ptr noundef %152, i64 noundef %153, ptr noundef %154) #3
  store ptr %155, ptr %20, align 8
  %156 = load i8, ptr %13, align 1
  %157 = trunc i8 %156 to i1
  br i1 %157, label %158, label %163

158:
  %159 = load ptr, ptr %11, align 8
  %160 = getelementptr inbounds %struct.python, ptr %159, i32 0, i32 3
  %161 = load ptr, ptr %160, align 8
  %162 = load ptr, ptr %18, align 8
  call void %161(ptr noundef %162) #3
  br label %163

163:
  %164 = load ptr, ptr %20, align 8
  %165 = icmp ne ptr %164, null
  br i1 %165, label %166, label %168

166:
  %167 = load ptr, ptr %20, align 8
  br label %174

168:
  %169 = load ptr, ptr %10, align 8
  %170 = load ptr, ptr %7, align 8
  %171 = load i64, ptr %8, align 8
  %172 = load ptr, ptr %9, align 8
  %173 = call ptr @explained(ptr noundef %169, ptr noundef %170, i64 noundef %171, ptr noundef %172) #3
  br label %174

174:
  %175 = phi ptr [ %167, %166 ], [ %173, %168 ]
  store ptr %175, ptr %5, align 8
  br label %176

176:
  %177 = load ptr, ptr %5, align 8
  ret ptr %177
}

define internal ptr @places_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_data, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #3
  %6 = load ptr, ptr %5, align 8
  ret ptr %6
}

define internal i1 @limit_threads(ptr noundef %0) #0 {
  %2 = alloca i1, align 1
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.python, ptr %7, i32 0, i32 20
  %9 = load ptr, ptr %8, align 8
  %10 = icmp eq ptr %9, null
  br i1 %10, label %11, label %12

11:
  store i1 true, ptr %2, align 1
  br label %62

12:
  %13 = load ptr, ptr %3, align 8
  %14 = getelementptr inbounds %struct.python, ptr %13, i32 0, i32 13
  %15 = load ptr, ptr %14, align 8
  %16 = load ptr, ptr %3, align 8
  %17 = getelementptr inbounds %struct.python, ptr %16, i32 0, i32 22
  %18 = load ptr, ptr %17, align 8
  %19 = call i32 %15(ptr noundef %18, ptr noundef null, ptr noundef %4) #3
  %20 = icmp ne i32 %19, 0
  br i1 %20, label %21, label %22

21:
  store i1 false, ptr %2, align 1
  br label %62

22:
  %23 = load ptr, ptr %3, align 8
  %24 = getelementptr inbounds %struct.python, ptr %23, i32 0, i32 14
  %25 = load ptr, ptr %24, align 8
  %26 = load ptr, ptr %4, align 8
  %27 = call i64 %25(ptr noundef %26) #3
  store i64 %27, ptr %5, align 8
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.python, ptr %28, i32 0, i32 3
  %30 = load ptr, ptr %29, align 8
  %31 = load ptr, ptr %4, align 8
  call void %30(ptr noundef %31) #3
  %32 = load i64, ptr %5, align 8
  %33 = load ptr, ptr %3, align 8
  %34 = getelementptr inbounds %struct.python, ptr %33, i32 0, i32 20
  %35 = load ptr, ptr %34, align 8
  %36 = load ptr, ptr %3, align 8
  %37 = getelementptr inbounds %struct.python, ptr %36, i32 0, i32 21
  %38 = load i64, ptr %37, align 8
  %39 = trunc i64 %38 to i32
  %40 = call ptr %35(i32 noundef %39) #3
  %41 = ptrtoint ptr %40 to i64
  %42 = icmp eq i64 %32, %41
  br i1 %42, label %43, label %44

43:
  store i1 true, ptr %2, align 1
  br label %62

44:
  %45 = load ptr, ptr %3, align 8
  %46 = getelementptr inbounds %struct.python, ptr %45, i32 0, i32 2
  %47 = load ptr, ptr %46, align 8
  %48 = load ptr, ptr %3, align 8
  %49 = getelementptr inbounds %struct.python, ptr %48, i32 0, i32 23
  %50 = load ptr, ptr %49, align 8
  %51 = call ptr %47(ptr noundef %50) #3
  store ptr %51, ptr %6, align 8
  %52 = load ptr, ptr %6, align 8
  %53 = icmp ne ptr %52, null
  br i1 %53, label %54, label %59

54:
  %55 = load ptr, ptr %3, align 8
  %56 = getelementptr inbounds %struct.python, ptr %55, i32 0, i32 3
  %57 = load ptr, ptr %56, align 8
  %58 = load ptr, ptr %6, align 8
  call void %57(ptr noundef %58) #3
  br label %59

59:
  %60 = load ptr, ptr %6, align 8
  %61 = icmp ne ptr %60, null
  store i1 %61, ptr %2, align 1
  br label %62

62:
  %63 = load i1, ptr %2, align 1
  ret i1 %63
}

define internal ptr @inside(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %5 = load ptr, ptr %3, align 8
  %6 = load i64, ptr %4, align 8
  %7 = getelementptr inbounds i8, ptr %5, i64 %6
  ret ptr %7
}

define internal i1 @is_usual(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, i64 noundef %4) #0 {
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca i64, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store ptr %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  store i64 %4, ptr %10, align 8
  %11 = load ptr, ptr %7, align 8
  %12 = load ptr, ptr %6, align 8
  %13 = getelementptr inbounds %struct.python, ptr %12, i32 0, i32 33
  %14 = load ptr, ptr %13, align 8
  %15 = icmp eq ptr %11, %14
  br i1 %15, label %16, label %45

16:
  %17 = load i64, ptr %10, align 8
  %18 = icmp sgt i64 %17, 0
  br i1 %18, label %19, label %45

19:
  %20 = load ptr, ptr %8, align 8
  %21 = load ptr, ptr %6, align 8
  %22 = getelementptr inbounds %struct.python, ptr %21, i32 0, i32 24
  %23 = load ptr, ptr %22, align 8
  %24 = call i1 @is_a(ptr noundef %20, ptr noundef %23) #3
  br i1 %24, label %25, label %45

25:
  %26 = load ptr, ptr %9, align 8
  %27 = getelementptr inbounds ptr, ptr %26, i64 0
  %28 = load ptr, ptr %27, align 8
  %29 = load ptr, ptr %6, align 8
  %30 = getelementptr inbounds %struct.python, ptr %29, i32 0, i32 24
  %31 = load ptr, ptr %30, align 8
  %32 = call i1 @is_a(ptr noundef %28, ptr noundef %31) #3
  br i1 %32, label %33, label %45

33:
  %34 = load ptr, ptr %8, align 8
  %35 = call ptr @array_of(ptr noundef %34) #3
  %36 = getelementptr inbounds %struct.array, ptr %35, i32 0, i32 5
  %37 = load ptr, ptr %36, align 8
  %38 = load ptr, ptr %9, align 8
  %39 = getelementptr inbounds ptr, ptr %38, i64 0
  %40 = load ptr, ptr %39, align 8
  %41 = call ptr @array_of(ptr noundef %40) #3
  %42 = getelementptr inbounds %struct.array, ptr %41, i32 0, i32 5
  %43 = load ptr, ptr %42, align 8
  %44 = icmp eq ptr %37, %43
  br label %45

45:
  %46 = phi i1 [ false, %25 ], [ false, %19 ], [ false, %16 ], [ false, %5 ], [ %44, %33 ]
  ret i1 %46
}

define internal ptr @explained(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #1 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca i64, align 8
  %12 = alloca ptr, align 8
  %13 = alloca ptr, align 8
  %14 = alloca [9 x ptr], align 16
  %15 = alloca i64, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %16 = load ptr, ptr %6, align 8
  %17 = getelementptr inbounds %struct.place, ptr %16, i32 0, i32 9
  %18 = load ptr, ptr %17, align 8
  store ptr %18, ptr %10, align 8
  %19 = load i64, ptr %8, align 8
  %20 = load ptr, ptr %9, align 8
  %21 = icmp eq ptr %20, null
  br i1 %21, label %22, label %23

22:
  br label %29

23:
  %24 = load ptr, ptr %10, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 5
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %9, align 8
  %28 = call i64 %26(ptr noundef %27) #3
  br label %29

29:
  %30 = phi i64 [ 0, %22 ], [ %28, %23 ]
  %31 = add nsw i64 %19, %30
  store i64 %31, ptr %11, align 8
  %32 = load i64, ptr %11, align 8
  %33 = icmp sgt i64 %32, 8
  br i1 %33, label %34, label %35

34:
  store ptr null, ptr %5, align 8
  br label %95

35:
  %36 = load ptr, ptr %10, align 8
  %37 = getelementptr inbounds %struct.python, ptr %36, i32 0, i32 17
  %38 = load ptr, ptr %37, align 8
  %39 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 0
  call void %38(ptr noundef %12, ptr noundef %39, ptr noundef %13) #3
  %40 = load ptr, ptr %10, align 8
  %41 = getelementptr inbounds %struct.python, ptr %40, i32 0, i32 18
  %42 = load ptr, ptr %41, align 8
  %43 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 0
  call void %42(ptr noundef %12, ptr noundef %43, ptr noundef %13) #3
  %44 = load ptr, ptr %13, align 8
  %45 = icmp ne ptr %44, null
  br i1 %45, label %46, label %58

46:
  %47 = load ptr, ptr %10, align 8
  %48 = getelementptr inbounds %struct.python, ptr %47, i32 0, i32 19
  %49 = load ptr, ptr %48, align 8
  %50 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 0
  %51 = load ptr, ptr %50, align 16
  %52 = load ptr, ptr %13, align 8
  %53 = call i32 %49(ptr noundef %51, ptr noundef %52) #3
  %54 = load ptr, ptr %10, align 8
  %55 = getelementptr inbounds %struct.python, ptr %54, i32 0, i32 3
  %56 = load ptr, ptr %55, align 8
  %57 = load ptr, ptr %13, align 8
  call void %56(ptr noundef %57) #3
  br label %58

58:
  store i64 0, ptr %15, align 8
  br label %59

59:
  %60 = load i64, ptr %15, align 8
  %61 = load i64, ptr %11, align 8
  %62 = icmp slt i64 %60, %61
  br i1 %62, label %63, label %74

63:
  %64 = load ptr, ptr %7, align 8
  %65 = load i64, ptr %15, align 8
  %66 = getelementptr inbounds ptr, ptr %64, i64 %65
  %67 = load ptr, ptr %66, align 8
  %68 = load i64, ptr %15, align 8
  %69 = add nsw i64 1, %68
  %70 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 %69
  store ptr %67, ptr %70, align 8
  br label %71

71:
  %72 = load i64, ptr %15, align 8
  %73 = add nsw i64 %72, 1
  store i64 %73, ptr %15, align 8
  br label %59

74:
  %75 = load ptr, ptr %10, align 8
  %76 = getelementptr inbounds %struct.python, ptr %75, i32 0, i32 4
  %77 = load ptr, ptr %76, align 8
  %78 = load ptr, ptr %6, align 8
  %79 = getelementptr inbounds %struct.place, ptr %78, i32 0, i32 8
  %80 = load ptr, ptr %79, align 8
  %81 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 0
  %82 = load i64, ptr %8, align 8
  %83 = add i64 %82, 1
  %84 = load ptr, ptr %9, align 8
  %85 = call ptr %77(ptr noundef %80, ptr noundef %81, i64 noundef %83, ptr noundef %84) #3
  %86 = load ptr, ptr %10, align 8
  %87 = getelementptr inbounds %struct.python, ptr %86, i32 0, i32 3
  %88 = load ptr, ptr %87, align 8
  %89 = getelementptr inbounds [9 x ptr], ptr %14, i64 0, i64 0
  %90 = load ptr, ptr %89, align 16
  call void %88(ptr noundef %90) #3
  %91 = load ptr, ptr %10, align 8
  %92 = getelementptr inbounds %struct.python, ptr %91, i32 0, i32 3
  %93 = load ptr, ptr %92, align 8
  %94 = load ptr, ptr %12, align 8
  call void %93(ptr noundef %94) #3
  store ptr null, ptr %5, align 8
  br label %95

95:
  %96 = load ptr, ptr %5, align 8
  ret ptr %96
}

define ptr @fastact_glue_native_plainly(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca %struct.call, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %15 = load ptr, ptr %6, align 8
  %16 = call ptr @items(ptr noundef %15) #3
  store ptr %16, ptr %10, align 8
  %17 = load ptr, ptr %10, align 8
  %18 = getelementptr inbounds %struct.plain, ptr %17, i32 0, i32 0
  %19 = load ptr, ptr %18, align 8
  %20 = call ptr @places_of(ptr noundef %19) #3
  %21 = getelementptr inbounds ptr, ptr %20, i64 0
  %22 = load ptr, ptr %21, align 8
  %23 = getelementptr inbounds %struct.place, ptr %22, i32 0, i32 9
  %24 = load ptr, ptr %23, align 8
  %25 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  store ptr %24, ptr %25, align 8
  %26 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %27 = load ptr, ptr %26, align 8
  %28 = call i1 @limit_threads(ptr noundef %27) #3
  br i1 %28, label %30, label %29

29:
  store ptr null, ptr %5, align 8
  br label %89

30:
  %31 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 3
  store ptr null, ptr %31, align 8
  %32 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 2
  store ptr null, ptr %32, align 8
  %33 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 4
  store i64 0, ptr %33, align 8
  %34 = load ptr, ptr %7, align 8
  %35 = load i64, ptr %8, align 8
  %36 = load ptr, ptr %9, align 8
  %37 = load ptr, ptr %10, align 8
  %38 = call i1 @read_arguments(ptr noundef %11, ptr noundef %34, i64 noundef %35, ptr noundef %36, ptr noundef %37) #3
  br i1 %38, label %39, label %77

39:
  %40 = load ptr, ptr %10, align 8
  %41 = call i1 @may_compute(ptr noundef %11, ptr noundef %40) #3
  br i1 %41, label %42, label %77

42:
  %43 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %44 = load ptr, ptr %43, align 8
  %45 = getelementptr inbounds %struct.python, ptr %44, i32 0, i32 5
  %46 = load ptr, ptr %45, align 8
  %47 = load ptr, ptr %10, align 8
  %48 = getelementptr inbounds %struct.plain, ptr %47, i32 0, i32 2
  %49 = load ptr, ptr %48, align 8
  %50 = call i64 %46(ptr noundef %49) #3
  store i64 %50, ptr %12, align 8
  store i64 0, ptr %13, align 8
  br label %51

51:
  %52 = load i64, ptr %13, align 8
  %53 = load i64, ptr %12, align 8
  %54 = icmp slt i64 %52, %53
  br i1 %54, label %55, label %76

55:
  %56 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %57 = load ptr, ptr %56, align 8
  %58 = getelementptr inbounds %struct.python, ptr %57, i32 0, i32 6
  %59 = load ptr, ptr %58, align 8
  %60 = load ptr, ptr %10, align 8
  %61 = getelementptr inbounds %struct.plain, ptr %60, i32 0, i32 2
  %62 = load ptr, ptr %61, align 8
  %63 = load i64, ptr %13, align 8
  %64 = call ptr %59(ptr noundef %62, i64 noundef %63) #3
  %65 = call ptr @items(ptr noundef %64) #3
  store ptr %65, ptr %14, align 8
  %66 = load ptr, ptr %10, align 8
  %67 = load ptr, ptr %14, align 8
  %68 = call i1 @has_form(ptr noundef %11, ptr noundef %66, ptr noundef %67) #3
  br i1 %68, label %69, label %72

69:
  %70 = load ptr, ptr %14, align 8
  %71 = call ptr @run_form(ptr noundef %11, ptr noundef %70) #3
  store ptr %71, ptr %5, align 8
  br label %89

72:
  br label %73

73:
  %74 = load i64, ptr %13, align 8
  %75 = add nsw i64 %74, 1
  store i64 %75, ptr %13, align 8
  br label %51

76:
  br label %77

77:
  %78 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %79 = load ptr, ptr %78, align 8
  %80 = getelementptr inbounds %struct.python, ptr %79, i32 0, i32 4
  %81 = load ptr, ptr %80, align 8
  %82 = load ptr, ptr %10, align 8
  %83 = getelementptr inbounds %struct.plain, ptr %82, i32 0, i32 1
  %84 = load ptr, ptr %83, align 8
  %85 = load ptr, ptr %7, align 8
  %86 = load i64, ptr %8, align 8
  %87 = load ptr, ptr %9, align 8
  %88 = call ptr %81(ptr noundef %84, ptr noundef %85, i64 noundef %86, ptr noundef %87) #3
  store ptr %88, ptr %5, align 8
  br label %89

89:
  %90 = load ptr, ptr %5, align 8
  ret ptr %90
}

define internal ptr @items(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_tuple, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #3
  ret ptr %5
}

define internal i1 @read_arguments(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i1, align 1
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca i64, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca ptr, align 8
  %20 = alloca ptr, align 8
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store i64 %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %21 = load ptr, ptr %7, align 8
  %22 = getelementptr inbounds %struct.call, ptr %21, i32 0, i32 0
  %23 = load ptr, ptr %22, align 8
  store ptr %23, ptr %12, align 8
  %24 = load ptr, ptr %12, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 5
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %11, align 8
  %28 = getelementptr inbounds %struct.plain, ptr %27, i32 0, i32 4
  %29 = load ptr, ptr %28, align 8
  %30 = call i64 %26(ptr noundef %29) #3
  store i64 %30, ptr %13, align 8
  %31 = load ptr, ptr %12, align 8
  %32 = getelementptr inbounds %struct.python, ptr %31, i32 0, i32 5
  %33 = load ptr, ptr %32, align 8
  %34 = load ptr, ptr %11, align 8
  %35 = getelementptr inbounds %struct.plain, ptr %34, i32 0, i32 5
  %36 = load ptr, ptr %35, align 8
  %37 = call i64 %33(ptr noundef %36) #3
  store i64 %37, ptr %14, align 8
  %38 = load i64, ptr %9, align 8
  %39 = load i64, ptr %13, align 8
  %40 = sub nsw i64 %38, %39
  %41 = sub nsw i64 %40, 1
  store i64 %41, ptr %15, align 8
  %42 = load i64, ptr %15, align 8
  %43 = icmp slt i64 %42, 0
  br i1 %43, label %55, label %44

44:
  %45 = load i64, ptr %15, align 8
  %46 = load i64, ptr %14, align 8
  %47 = icmp sgt i64 %45, %46
  br i1 %47, label %55, label %48

48:
  %49 = load ptr, ptr %7, align 8
  %50 = load ptr, ptr %8, align 8
  %51 = load i64, ptr %13, align 8
  %52 = getelementptr inbounds ptr, ptr %50, i64 %51
  %53 = load ptr, ptr %52, align 8
  %54 = call i1 @read_array(ptr noundef %49, ptr noundef %53) #3
  br i1 %54, label %56, label %55

55:
  store i1 false, ptr %6, align 1
  br label %158

56:
  store i64 0, ptr %16, align 8
  br label %57

57:
  %58 = load i64, ptr %16, align 8
  %59 = load i64, ptr %15, align 8
  %60 = icmp slt i64 %58, %59
  br i1 %60, label %61, label %88

61:
  %62 = load ptr, ptr %12, align 8
  %63 = getelementptr inbounds %struct.python, ptr %62, i32 0, i32 6
  %64 = load ptr, ptr %63, align 8
  %65 = load ptr, ptr %11, align 8
  %66 = getelementptr inbounds %struct.plain, ptr %65, i32 0, i32 5
  %67 = load ptr, ptr %66, align 8
  %68 = load i64, ptr %16, align 8
  %69 = call ptr %64(ptr noundef %67, i64 noundef %68) #3
  %70 = load ptr, ptr %7, align 8
  %71 = getelementptr inbounds %struct.call, ptr %70, i32 0, i32 6
  %72 = load i64, ptr %16, align 8
  %73 = getelementptr inbounds [6 x ptr], ptr %71, i64 0, i64 %72
  store ptr %69, ptr %73, align 8
  %74 = load ptr, ptr %8, align 8
  %75 = load i64, ptr %13, align 8
  %76 = add nsw i64 %75, 1
  %77 = load i64, ptr %16, align 8
  %78 = add nsw i64 %76, %77
  %79 = getelementptr inbounds ptr, ptr %74, i64 %78
  %80 = load ptr, ptr %79, align 8
  %81 = load ptr, ptr %7, align 8
  %82 = getelementptr inbounds %struct.call, ptr %81, i32 0, i32 7
  %83 = load i64, ptr %16, align 8
  %84 = getelementptr inbounds [6 x ptr], ptr %82, i64 0, i64 %83
  store ptr %80, ptr %84, align 8
  br label %85

85:
  %86 = load i64, ptr %16, align 8
  %87 = add nsw i64 %86, 1
  store i64 %87, ptr %16, align 8
  br label %57

88:
  %89 = load i64, ptr %15, align 8
  %90 = load ptr, ptr %7, align 8
  %91 = getelementptr inbounds %struct.call, ptr %90, i32 0, i32 4
  store i64 %89, ptr %91, align 8
  %92 = load ptr, ptr %10, align 8
  %93 = icmp eq ptr %92, null
  br i1 %93, label %94, label %95

94:
  br label %101

95:
  %96 = load ptr, ptr %12, align 8
  %97 = getelementptr inbounds %struct.python, ptr %96, i32 0, i32 5
  %98 = load ptr, ptr %97, align 8
  %99 = load ptr, ptr %10, align 8
  %100 = call i64 %98(ptr noundef %99) #3
  br label %101

101:
  %102 = phi i64 [ 0, %94 ], [ %100, %95 ]
  store i64 %102, ptr %17, align 8
  store i64 0, ptr %18, align 8
  br label %103

103:
  %104 = load i64, ptr %18, align 8
  %105 = load i64, ptr %17, align 8
  %106 = icmp slt i64 %104, %105
  br i1 %106, label %107, label %157

107:
  %108 = load ptr, ptr %12, align 8
  %109 = getelementptr inbounds %struct.python, ptr %108, i32 0, i32 6
  %110 = load ptr, ptr %109, align 8
  %111 = load ptr, ptr %10, align 8
  %112 = load i64, ptr %18, align 8
  %113 = call ptr %110(ptr noundef %111, i64 noundef %112) #3
  store ptr %113, ptr %19, align 8
  %114 = load ptr, ptr %8, align 8
  %115 = load i64, ptr %9, align 8
  %116 = load i64, ptr %18, align 8
  %117 = add nsw i64 %115, %116
  %118 = getelementptr inbounds ptr, ptr %114, i64 %117
  %119 = load ptr, ptr %118, align 8
  store ptr %119, ptr %20, align 8
  %120 = load ptr, ptr %19, align 8
  %121 = load ptr, ptr %11, align 8
  %122 = getelementptr inbounds %struct.plain, ptr %121, i32 0, i32 3
  %123 = load ptr, ptr %122, align 8
  %124 = icmp eq ptr %120, %123
  br i1 %124, label %125, label %132

125:
  %126 = load ptr, ptr %20, align 8
  %127 = load ptr, ptr %12, align 8
  %128 = getelementptr inbounds %struct.python, ptr %127, i32 0, i32 28
  %129 = load ptr, ptr %128, align 8
  %130 = icmp eq ptr %126, %129
  br i1 %130, label %131, label %132

131:
  br label %154

132:
  %133 = load ptr, ptr %7, align 8
  %134 = getelementptr inbounds %struct.call, ptr %133, i32 0, i32 4
  %135 = load i64, ptr %134, align 8
  %136 = icmp eq i64 %135, 6
  br i1 %136, label %137, label %138

137:
  store i1 false, ptr %6, align 1
  br label %158

138:
  %139 = load ptr, ptr %19, align 8
  %140 = load ptr, ptr %7, align 8
  %141 = getelementptr inbounds %struct.call, ptr %140, i32 0, i32 6
  %142 = load ptr, ptr %7, align 8
  %143 = getelementptr inbounds %struct.call, ptr %142, i32 0, i32 4
  %144 = load i64, ptr %143, align 8
  %145 = getelementptr inbounds [6 x ptr], ptr %141, i64 0, i64 %144
  store ptr %139, ptr %145, align 8
  %146 = load ptr, ptr %20, align 8
  %147 = load ptr, ptr %7, align 8
  %148 = getelementptr inbounds %struct.call, ptr %147, i32 0, i32 7
  %149 = load ptr, ptr %7, align 8
  %150 = getelementptr inbounds %struct.call, ptr %149, i32 0, i32 4
  %151 = load i64, ptr %150, align 8
  %152 = add nsw i64 %151, 1
  store i64 %152, ptr %150, align 8
  %153 = getelementptr inbounds [6 x ptr], ptr %148, i64 0, i64 %151
  store ptr %146, ptr %153, align 8
  br label %154

154:
  %155 = load i64, ptr %18, align 8
  %156 = add nsw i64 %155, 1
  store i64 %156, ptr %18, align 8
  br label %103

157:
  store i1 true, ptr %6, align 1
  br label %158

158:
  %159 = load i1, ptr %6, align 1
  ret i1 %159
}

define internal i1 @may_compute(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %5 = load ptr, ptr %3, align 8
  %6 = getelementptr inbounds %struct.call, ptr %5, i32 0, i32 0
  %7 = load ptr, ptr %6, align 8
  %8 = getelementptr inbounds %struct.python, ptr %7, i32 0, i32 5
  %9 = load ptr, ptr %8, align 8
  %10 = load ptr, ptr %4, align 8
  %11 = getelementptr inbounds %struct.plain, ptr %10, i32 0, i32 5
  %12 = load ptr, ptr %11, align 8
  %13 = call i64 %9(ptr noundef %12) #3
  %14 = icmp eq i64 %13, 0
  br i1 %14, label %17, label %15

15:
  %16 = call i1 @in_default_mode() #3
  br label %17

17:
  %18 = phi i1 [ true, %2 ], [ %16, %15 ]
  ret i1 %18
}

define internal i1 @has_form(ptr noundef %0, ptr noundef %1, ptr noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i8, align 1
  %9 = alloca i64, align 8
  %10 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store ptr %2, ptr %6, align 8
  %11 = load ptr, ptr %4, align 8
  %12 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %13 = load ptr, ptr %12, align 8
  store ptr %13, ptr %7, align 8
  %14 = load ptr, ptr %7, align 8
  %15 = getelementptr inbounds %struct.python, ptr %14, i32 0, i32 5
  %16 = load ptr, ptr %15, align 8
  %17 = load ptr, ptr %6, align 8
  %18 = getelementptr inbounds %struct.form, ptr %17, i32 0, i32 0
  %19 = load ptr, ptr %18, align 8
  %20 = call i64 %16(ptr noundef %19) #3
  %21 = load ptr, ptr %4, align 8
  %22 = getelementptr inbounds %struct.call, ptr %21, i32 0, i32 4
  %23 = load i64, ptr %22, align 8
  %24 = icmp eq i64 %20, %23
  %25 = zext i1 %24 to i8
  store i8 %25, ptr %8, align 1
  store i64 0, ptr %9, align 8
  br label %26

26:
  %27 = load i8, ptr %8, align 1
  %28 = trunc i8 %27 to i1
  br i1 %28, label %29, label %35

29:
  %30 = load i64, ptr %9, align 8
  %31 = load ptr, ptr %4, align 8
  %32 = getelementptr inbounds %struct.call, ptr %31, i32 0, i32 4
  %33 = load i64, ptr %32, align 8
  %34 = icmp slt i64 %30, %33
  br label %35

35:
  %36 = phi i1 [ false, %26 ], [ %34, %29 ]
  br i1 %36, label %37, label %53

37:
  %38 = load ptr, ptr %4, align 8
  %39 = load ptr, ptr %7, align 8
  %40 = getelementptr inbounds %struct.python, ptr %39, i32 0, i32 6
  %41 = load ptr, ptr %40, align 8
  %42 = load ptr, ptr %6, align 8
  %43 = getelementptr inbounds %struct.form, ptr %42, i32 0, i32 0
  %44 = load ptr, ptr %43, align 8
  %45 = load i64, ptr %9, align 8
  %46 = call ptr %41(ptr noundef %44, i64 noundef %45) #3
  %47 = call ptr @value_of(ptr noundef %38, ptr noundef %46) #3
  %48 = icmp ne ptr %47, null
  %49 = zext i1 %48 to i8
  store i8 %49, ptr %8, align 1
  br label %50

50:
  %51 = load i64, ptr %9, align 8
  %52 = add nsw i64 %51, 1
  store i64 %52, ptr %9, align 8
  br label %26

53:
  store i64 0, ptr %10, align 8
  br label %54

54:
  %55 = load i8, ptr %8, align 1
  %56 = trunc i8 %55 to i1
  br i1 %56, label %57, label %63

57:
  %58 = load i64, ptr %10, align 8
  %59 = load ptr, ptr %4, align 8
  %60 = getelementptr inbounds %struct.call, ptr %59, i32 0, i32 4
  %61 = load i64, ptr %60, align 8
  %62 = icmp slt i64 %58, %61
  br label %63

63:
  %64 = phi i1 [ false, %54 ], [ %62, %57 ]
  br i1 %64, label %65, label %84

65:
  %66 = load ptr, ptr %4, align 8
  %67 = load ptr, ptr %5, align 8
  %68 = load ptr, ptr %6, align 8
  %69 = load ptr, ptr %4, align 8
  %70 = getelementptr inbounds %struct.call, ptr %69, i32 0, i32 6
  %71 = load i64, ptr %10, align 8
  %72 = getelementptr inbounds [6 x ptr], ptr %70, i64 0, i64 %71
  %73 = load ptr, ptr %72, align 8
  %74 = load ptr, ptr %4, align 8
  %75 = getelementptr inbounds %struct.call, ptr %74, i32 0, i32 7
  %76 = load i64, ptr %10, align 8
  %77 = getelementptr inbounds [6 x ptr], ptr %75, i64 0, i64 %76
  %78 = load ptr, ptr %77, align 8
  %79 = call i1 @is_plain(ptr noundef %66, ptr noundef %67, ptr noundef %68, ptr noundef %73, ptr noundef %78) #3
  %80 = zext i1 %79 to i8
  store i8 %80, ptr %8, align 1
  br label %81

81:
  %82 = load i64, ptr %10, align 8
  %83 = add nsw i64 %82, 1
  store i64 %83, ptr %10, align 8
  br label %54

84:
  %85 = load i8, ptr %8, align 1
  %86 = trunc i8 %85 to i1
  br i1 %86, label %87, label %91

87:
  %88 = load ptr, ptr %4, align 8
  %89 = load ptr, ptr %6, align 8
  %90 = call i1 @obeys(ptr noundef %88, ptr noundef %89) #3
  br label %91

91:
  %92 = phi i1 [ false, %84 ], [ %90, %87 ]
  ret i1 %92
}

define internal ptr @run_form(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.call, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  store ptr %11, ptr %6, align 8
  %12 = load ptr, ptr %4, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = call i1 @make_factor(ptr noundef %12, ptr noundef %13) #3
  br i1 %14, label %16, label %15

15:
  store ptr null, ptr %3, align 8
  br label %61

16:
  %17 = load ptr, ptr %6, align 8
  %18 = getelementptr inbounds %struct.python, ptr %17, i32 0, i32 5
  %19 = load ptr, ptr %18, align 8
  %20 = load ptr, ptr %5, align 8
  %21 = getelementptr inbounds %struct.form, ptr %20, i32 0, i32 2
  %22 = load ptr, ptr %21, align 8
  %23 = call i64 %19(ptr noundef %22) #3
  store i64 %23, ptr %7, align 8
  store i64 0, ptr %8, align 8
  br label %24

24:
  %25 = load i64, ptr %8, align 8
  %26 = load i64, ptr %7, align 8
  %27 = icmp slt i64 %25, %26
  br i1 %27, label %28, label %39

28:
  %29 = load ptr, ptr %4, align 8
  %30 = load ptr, ptr %6, align 8
  %31 = getelementptr inbounds %struct.python, ptr %30, i32 0, i32 6
  %32 = load ptr, ptr %31, align 8
  %33 = load ptr, ptr %5, align 8
  %34 = getelementptr inbounds %struct.form, ptr %33, i32 0, i32 2
  %35 = load ptr, ptr %34, align 8
  %36 = load i64, ptr %8, align 8
  %37 = call ptr %32(ptr noundef %35, i64 noundef %36) #3
  %38 = call i1 @run_step(ptr noundef %29, ptr noundef %37) #3
  br label %39

39:
  %40 = phi i1 [ false, %24 ], [ %38, %28 ]
  br i1 %40, label %41, label %45

41:
  br label %42

42:
  %43 = load i64, ptr %8, align 8
  %44 = add nsw i64 %43, 1
  store i64 %44, ptr %8, align 8
  br label %24

45:
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.call, ptr %46, i32 0, i32 3
  %48 = load ptr, ptr %47, align 8
  %49 = icmp ne ptr %48, null
  br i1 %49, label %50, label %57

50:
  %51 = load ptr, ptr %6, align 8
  %52 = getelementptr inbounds %struct.python, ptr %51, i32 0, i32 3
  %53 = load ptr, ptr %52, align 8
  %54 = load ptr, ptr %4, align 8
  %55 = getelementptr inbounds %struct.call, ptr %54, i32 0, i32 3
  %56 = load ptr, ptr %55, align 8
  call void %53(ptr noundef %56) #3
  br label %57

57:
  %58 = load ptr, ptr %4, align 8
  %59 = getelementptr inbounds %struct.call, ptr %58, i32 0, i32 2
  %60 = load ptr, ptr %59, align 8
  store ptr %60, ptr %3, align 8
  br label %61

61:
  %62 = load ptr, ptr %3, align 8
  ret ptr %62
}

define ptr @fastact_glue_native_called(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %14 = load ptr, ptr %6, align 8
  %15 = load i64, ptr @fastact_glue_head, align 8
  %16 = call ptr @inside(ptr noundef %14, i64 noundef %15) #3
  store ptr %16, ptr %10, align 8
  %17 = load ptr, ptr %10, align 8
  %18 = getelementptr inbounds %struct.called, ptr %17, i32 0, i32 1
  %19 = load ptr, ptr %18, align 8
  store ptr %19, ptr %11, align 8
  %20 = load ptr, ptr %10, align 8
  %21 = getelementptr inbounds %struct.called, ptr %20, i32 0, i32 2
  %22 = load ptr, ptr %21, align 8
  store ptr %22, ptr %12, align 8
  %23 = load ptr, ptr %12, align 8
  %24 = icmp eq ptr %23, null
  br i1 %24, label %25, label %34

25:
  %26 = load ptr, ptr %11, align 8
  %27 = getelementptr inbounds %struct.python, ptr %26, i32 0, i32 16
  %28 = load ptr, ptr %27, align 8
  %29 = load ptr, ptr %6, align 8
  %30 = load ptr, ptr %11, align 8
  %31 = getelementptr inbounds %struct.python, ptr %30, i32 0, i32 30
  %32 = load ptr, ptr %31, align 8
  %33 = call ptr %28(ptr noundef %29, ptr noundef %32) #3
  store ptr %33, ptr %5, align 8
  br label %52

34:
  %35 = load ptr, ptr %11, align 8
  %36 = getelementptr inbounds %struct.python, ptr %35, i32 0, i32 11
  %37 = load ptr, ptr %36, align 8
  %38 = load ptr, ptr %12, align 8
  call void %37(ptr noundef %38) #3
  %39 = load ptr, ptr %11, align 8
  %40 = getelementptr inbounds %struct.python, ptr %39, i32 0, i32 4
  %41 = load ptr, ptr %40, align 8
  %42 = load ptr, ptr %12, align 8
  %43 = load ptr, ptr %7, align 8
  %44 = load i64, ptr %8, align 8
  %45 = load ptr, ptr %9, align 8
  %46 = call ptr %41(ptr noundef %42, ptr noundef %43, i64 noundef %44, ptr noundef %45) #3
  store ptr %46, ptr %13, align 8
  %47 = load ptr, ptr %11, align 8
  %48 = getelementptr inbounds %struct.python, ptr %47, i32 0, i32 3
  %49 = load ptr, ptr %48, align 8
  %50 = load ptr, ptr %12, align 8
  call void %49(ptr noundef %50) #3
  %51 = load ptr, ptr %13, align 8
  store ptr %51, ptr %5, align 8
  br label %52

52:
  %53 = load ptr, ptr %5, align 8
  ret ptr %53
}

define ptr @fastact_glue_native_summing(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca i32, align 4
  %13 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %14 = load ptr, ptr %6, align 8
  %15 = call ptr @places_of(ptr noundef %14) #3
  %16 = getelementptr inbounds ptr, ptr %15, i64 0
  %17 = load ptr, ptr %16, align 8
  %18 = getelementptr inbounds %struct.place, ptr %17, i32 0, i32 9
  %19 = load ptr, ptr %18, align 8
  store ptr %19, ptr %10, align 8
  %20 = load ptr, ptr %10, align 8
  %21 = getelementptr inbounds %struct.python, ptr %20, i32 0, i32 4
  %22 = load ptr, ptr %21, align 8
  %23 = load ptr, ptr %6, align 8
  %24 = load ptr, ptr %7, align 8
  %25 = load i64, ptr %8, align 8
  %26 = load ptr, ptr %9, align 8
  %27 = call ptr %22(ptr noundef %23, ptr noundef %24, i64 noundef %25, ptr noundef %26) #3
  store ptr %27, ptr %11, align 8
  %28 = load ptr, ptr %11, align 8
  %29 = icmp eq ptr %28, null
  br i1 %29, label %30, label %31

30:
  store ptr null, ptr %5, align 8
  br label %57

31:
  %32 = load ptr, ptr %10, align 8
  %33 = getelementptr inbounds %struct.python, ptr %32, i32 0, i32 3
  %34 = load ptr, ptr %33, align 8
  %35 = load ptr, ptr %11, align 8
  call void %34(ptr noundef %35) #3
  %36 = load ptr, ptr %6, align 8
  %37 = load i64, ptr @fastact_glue_head, align 8
  %38 = call ptr @inside(ptr noundef %36, i64 noundef %37) #3
  %39 = load i32, ptr %38, align 4
  store i32 %39, ptr %12, align 4
  %40 = load ptr, ptr %7, align 8
  %41 = load i32, ptr %12, align 4
  %42 = sext i32 %41 to i64
  %43 = getelementptr inbounds ptr, ptr %40, i64 %42
  %44 = load ptr, ptr %43, align 8
  %45 = call ptr @array_of(ptr noundef %44) #3
  store ptr %45, ptr %13, align 8
  %46 = load ptr, ptr %10, align 8
  %47 = getelementptr inbounds %struct.python, ptr %46, i32 0, i32 8
  %48 = load ptr, ptr %47, align 8
  %49 = load ptr, ptr %13, align 8
  %50 = getelementptr inbounds %struct.array, ptr %49, i32 0, i32 0
  %51 = load ptr, ptr %50, align 8
  %52 = load ptr, ptr %13, align 8
  %53 = call i64 @elements_of(ptr noundef %52) #3
  %54 = call double @sum_of(ptr noundef %51, i64 noundef %53) #3
  %55 = fadd double 0.000000e+00, %54
  %56 = call ptr %48(double noundef %55) #3
  store ptr %56, ptr %5, align 8
  br label %57

57:
  %58 = load ptr, ptr %5, align 8
  ret ptr %58
}

define internal ptr @array_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #3
  ret ptr %5
}

define internal double @sum_of(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca double, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  %7 = alloca double, align 8
  %8 = alloca i64, align 8
  %9 = alloca [8 x double], align 16
  %10 = alloca i32, align 4
  store ptr %0, ptr %4, align 8
  store i64 %1, ptr %5, align 8
  %11 = load i64, ptr %5, align 8
  %12 = icmp sgt i64 %11, 128
  br i1 %12, label %13, label %31

13:
  %14 = load i64, ptr %5, align 8
  %15 = sdiv i64 %14, 2
  store i64 %15, ptr %6, align 8
  %16 = load i64, ptr %6, align 8
  %17 = srem i64 %16, 8
  %18 = load i64, ptr %6, align 8
  %19 = sub nsw i64 %18, %17
  store i64 %19, ptr %6, align 8
  %20 = load ptr, ptr %4, align 8
  %21 = load i64, ptr %6, align 8
  %22 = call double @sum_of(ptr noundef %20, i64 noundef %21) #3
  %23 = load ptr, ptr %4, align 8
  %24 = load i64, ptr %6, align 8
  %25 = getelementptr inbounds double, ptr %23, i64 %24
  %26 = load i64, ptr %5, align 8
  %27 = load i64, ptr %6, align 8
  %28 = sub nsw i64 %26, %27
  %29 = call double @sum_of(ptr noundef %25, i64 noundef %28) #3
  %30 = fadd double %22, %29
  store double %30, ptr %3, align 8
  br label %119

31:
  store double 0.000000e+00, ptr %7, align 8
  store i64 0, ptr %8, align 8
  %32 = load i64, ptr %5, align 8
  %33 = icmp sge i64 %32, 8
  br i1 %33, label %34, label %102

34:
  br label %35

35:
  %36 = load i64, ptr %8, align 8
  %37 = icmp slt i64 %36, 8
  br i1 %37, label %38, label %48

38:
  %39 = load ptr, ptr %4, align 8
  %40 = load i64, ptr %8, align 8
  %41 = getelementptr inbounds double, ptr %39, i64 %40
  %42 = load double, ptr %41, align 8
  %43 = load i64, ptr %8, align 8
  %44 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 %43
  store double %42, ptr %44, align 8
  br label %45

45:
  %46 = load i64, ptr %8, align 8
  %47 = add nsw i64 %46, 1
  store i64 %47, ptr %8, align 8
  br label %35

48:
  br label %49

49:
  %50 = load i64, ptr %8, align 8
  %51 = add nsw i64 %50, 8
  %52 = load i64, ptr %5, align 8
  %53 = icmp sle i64 %51, %52
  br i1 %53, label %54, label %78

54:
  store i32 0, ptr %10, align 4
  br label %55

55:
  %56 = load i32, ptr %10, align 4
  %57 = icmp slt i32 %56, 8
  br i1 %57, label %58, label %74

58:
  %59 = load ptr, ptr %4, align 8
  %60 = load i64, ptr %8, align 8
  %61 = load i32, ptr %10, align 4
  %62 = sext i32 %61 to i64
  %63 = add nsw i64 %60, %62
  %64 = getelementptr inbounds double, ptr %59, i64 %63
  %65 = load double, ptr %64, align 8
  %66 = load i32, ptr %10, align 4
  %67 = sext i32 %66 to i64
  %68 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 %67
  %69 = load double, ptr %68, align 8
  %70 = fadd double %69, %65
  store double %70, ptr %68, align 8
  br label %71

71:
  %72 = load i32, ptr %10, align 4
  %73 = add nsw i32 %72, 1
  store i32 %73, ptr %10, align 4
  br label %55

74:
  br label %75

75:
  %76 = load i64, ptr %8, align 8
  %77 = add nsw i64 %76, 8
  store i64 %77, ptr %8, align 8
  br label %49

78:
  %79 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 0
  %80 = load double, ptr %79, align 16
  %81 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 1
  %82 = load double, ptr %81, align 8
  %83 = fadd double %80, %82
  %84 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 2
  %85 = load double, ptr %84, align 16
  %86 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 3
  %87 = load double, ptr %86, align 8
  %88 = fadd double %85, %87
  %89 = fadd double %83, %88
  %90 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 4
  %91 = load double, ptr %90, align 16
  %92 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 5
  %93 = load double, ptr %92, align 8
  %94 = fadd double %91, %93
  %95 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 6
  %96 = load double, ptr %95, align 16
  %97 = getelementptr inbounds [8 x double], ptr %9, i64 0, i64 7
  %98 = load double, ptr %97, align 8
  %99 = fadd double %96, %98
  %100 = fadd double %94, %99
  %101 = fadd double %89, %100
  store double %101, ptr %7, align 8
  br label %102

102:
  br label %103

103:
  %104 = load i64, ptr %8, align 8
  %105 = load i64, ptr %5, align 8
  %106 = icmp slt i64 %104, %105
  br i1 %106, label %107, label %117

107:
  %108 = load ptr, ptr %4, align 8
  %109 = load i64, ptr %8, align 8
  %110 = getelementptr inbounds double, ptr %108, i64 %109
  %111 = load double, ptr %110, align 8
  %112 = load double, ptr %7, align 8
  %113 = fadd double %112, %111
  store double %113, ptr %7, align 8
  br label %114

114:
  %115 = load i64, ptr %8, align 8
  %116 = add nsw i64 %115, 1
  store i64 %116, ptr %8, align 8
  br label %103

117:
  %118 = load double, ptr %7, align 8
  store double %118, ptr %3, align 8
  br label %119

119:
  %120 = load double, ptr %3, align 8
  ret double %120
}

define internal i64 @elements_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  %4 = alloca i32, align 4
  store ptr %0, ptr %2, align 8
  store i64 1, ptr %3, align 8
  store i32 0, ptr %4, align 4
  br label %5

5:
  %6 = load i32, ptr %4, align 4
  %7 = load ptr, ptr %2, align 8
  %8 = getelementptr inbounds %struct.array, ptr %7, i32 0, i32 1
  %9 = load i32, ptr %8, align 8
  %10 = icmp slt i32 %6, %9
  br i1 %10, label %11, label %24

11:
  %12 = load ptr, ptr %2, align 8
  %13 = getelementptr inbounds %struct.array, ptr %12, i32 0, i32 2
  %14 = load ptr, ptr %13, align 8
  %15 = load i32, ptr %4, align 4
  %16 = sext i32 %15 to i64
  %17 = getelementptr inbounds i64, ptr %14, i64 %16
  %18 = load i64, ptr %17, align 8
  %19 = load i64, ptr %3, align 8
  %20 = mul nsw i64 %19, %18
  store i64 %20, ptr %3, align 8
  br label %21

21:
  %22 = load i32, ptr %4, align 4
  %23 = add nsw i32 %22, 1
  store i32 %23, ptr %4, align 4
  br label %5

24:
  %25 = load i64, ptr %3, align 8
  ret i64 %25
}

define ptr @fastact_glue_native_largest(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca ptr, align 8
  store ptr %0, ptr %5, align 8
  store ptr %1, ptr %6, align 8
  store i64 %2, ptr %7, align 8
  store ptr %3, ptr %8, align 8
  %9 = load ptr, ptr %5, align 8
  %10 = call ptr @places_of(ptr noundef %9) #3
  %11 = getelementptr inbounds ptr, ptr %10, i64 0
  %12 = load ptr, ptr %11, align 8
  %13 = getelementptr inbounds %struct.place, ptr %12, i32 0, i32 9
  %14 = load ptr, ptr %13, align 8
  %15 = getelementptr inbounds %struct.python, ptr %14, i32 0, i32 8
  %16 = load ptr, ptr %15, align 8
  %17 = load ptr, ptr %6, align 8
  %18 = getelementptr inbounds ptr, ptr %17, i64 0
  %19 = load ptr, ptr %18, align 8
  %20 = call ptr @array_of(ptr noundef %19) #3
  %21 = call i64 @largest_of(ptr noundef %20) #3
  %22 = uitofp i64 %21 to double
  %23 = call ptr %16(double noundef %22) #3
  ret ptr %23
}

define internal i64 @largest_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  %4 = alloca i64, align 8
  %5 = alloca i64, align 8
  %6 = alloca i64, align 8
  store ptr %0, ptr %2, align 8
  %7 = load ptr, ptr %2, align 8
  %8 = call i64 @elements_of(ptr noundef %7) #3
  store i64 %8, ptr %3, align 8
  store i64 0, ptr %4, align 8
  store i64 0, ptr %6, align 8
  br label %9

9:
  %10 = load i64, ptr %6, align 8
  %11 = load i64, ptr %3, align 8
  %12 = icmp slt i64 %10, %11
  br i1 %12, label %13, label %32

13:
  %14 = load ptr, ptr %2, align 8
  %15 = getelementptr inbounds %struct.array, ptr %14, i32 0, i32 0
  %16 = load ptr, ptr %15, align 8
  %17 = load i64, ptr %6, align 8
  %18 = mul nsw i64 8, %17
  %19 = getelementptr inbounds i8, ptr %16, i64 %18
  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %5, ptr align 1 %19, i64 8, i1 false)
  %20 = load i64, ptr %5, align 8
  %21 = load i64, ptr %4, align 8
  %22 = icmp ugt i64 %20, %21
  br i1 %22, label %23, label %25

23:
  %24 = load i64, ptr %5, align 8
  br label %27

25:
  %26 = load i64, ptr %4, align 8
  br label %27

27:
  %28 = phi i64 [ %24, %23 ], [ %26, %25 ]
  store i64 %28, ptr %4, align 8
  br label %29

29:
  %30 = load i64, ptr %6, align 8
  %31 = add nsw i64 %30, 1
  store i64 %31, ptr %6, align 8
  br label %9

32:
  %33 = load i64, ptr %4, align 8
  ret i64 %33
}

define ptr @fastact_glue_native_reducing(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca %struct.losses, align 8
  %13 = alloca ptr, align 8
  %14 = alloca i8, align 1
  %15 = alloca ptr, align 8
  %16 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %17 = load ptr, ptr %6, align 8
  %18 = call ptr @items(ptr noundef %17) #3
  store ptr %18, ptr %10, align 8
  %19 = load ptr, ptr %10, align 8
  %20 = getelementptr inbounds %struct.reduction, ptr %19, i32 0, i32 0
  %21 = load ptr, ptr %20, align 8
  %22 = call ptr @places_of(ptr noundef %21) #3
  %23 = getelementptr inbounds ptr, ptr %22, i64 0
  %24 = load ptr, ptr %23, align 8
  %25 = getelementptr inbounds %struct.place, ptr %24, i32 0, i32 9
  %26 = load ptr, ptr %25, align 8
  store ptr %26, ptr %11, align 8
  %27 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 0
  %28 = load ptr, ptr %10, align 8
  store ptr %28, ptr %27, align 8
  %29 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 1
  %30 = load ptr, ptr %11, align 8
  store ptr %30, ptr %29, align 8
  %31 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 2
  %32 = load ptr, ptr %7, align 8
  store ptr %32, ptr %31, align 8
  %33 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 3
  %34 = load i64, ptr %8, align 8
  store i64 %34, ptr %33, align 8
  %35 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 4
  %36 = load ptr, ptr %7, align 8
  %37 = getelementptr inbounds ptr, ptr %36, i64 1
  %38 = load ptr, ptr %37, align 8
  %39 = call ptr @array_of(ptr noundef %38) #3
  %40 = call i64 @elements_of(ptr noundef %39) #3
  store i64 %40, ptr %35, align 8
  %41 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 5
  %42 = load ptr, ptr %7, align 8
  %43 = getelementptr inbounds ptr, ptr %42, i64 0
  %44 = load ptr, ptr %43, align 8
  %45 = call ptr @array_of(ptr noundef %44) #3
  %46 = getelementptr inbounds %struct.array, ptr %45, i32 0, i32 5
  %47 = load ptr, ptr %46, align 8
  %48 = call i64 @kind_of(ptr noundef %47) #3
  store i64 %48, ptr %41, align 8
  %49 = call i1 @is_small(ptr noundef %12) #3
  br i1 %49, label %61, label %50

50:
  %51 = load ptr, ptr %11, align 8
  %52 = getelementptr inbounds %struct.python, ptr %51, i32 0, i32 4
  %53 = load ptr, ptr %52, align 8
  %54 = load ptr, ptr %10, align 8
  %55 = getelementptr inbounds %struct.reduction, ptr %54, i32 0, i32 1
  %56 = load ptr, ptr %55, align 8
  %57 = load ptr, ptr %7, align 8
  %58 = load i64, ptr %8, align 8
  %59 = load ptr, ptr %9, align 8
  %60 = call ptr %53(ptr noundef %56, ptr noundef %57, i64 noundef %58, ptr noundef %59) #3
  store ptr %60, ptr %5, align 8
  br label %149

61:
  %62 = call ptr @compute_losses(ptr noundef %12) #3
  store ptr %62, ptr %13, align 8
  %63 = load ptr, ptr %13, align 8
  %64 = icmp eq ptr %63, null
  br i1 %64, label %65, label %66

65:
  store ptr null, ptr %5, align 8
  br label %149

66:
  %67 = load ptr, ptr %10, align 8
  %68 = getelementptr inbounds %struct.reduction, ptr %67, i32 0, i32 0
  %69 = load ptr, ptr %68, align 8
  %70 = call i1 @makes_two(ptr noundef %69) #3
  %71 = xor i1 %70, true
  %72 = zext i1 %71 to i8
  store i8 %72, ptr %14, align 1
  %73 = load i8, ptr %14, align 1
  %74 = trunc i8 %73 to i1
  br i1 %74, label %75, label %77

75:
  %76 = load ptr, ptr %13, align 8
  br label %83

77:
  %78 = load ptr, ptr %11, align 8
  %79 = getelementptr inbounds %struct.python, ptr %78, i32 0, i32 6
  %80 = load ptr, ptr %79, align 8
  %81 = load ptr, ptr %13, align 8
  %82 = call ptr %80(ptr noundef %81, i64 noundef 0) #3
  br label %83

83:
  %84 = phi ptr [ %76, %75 ], [ %82, %77 ]
  %85 = call ptr @array_of(ptr noundef %84) #3
  %86 = call ptr @loss_of(ptr noundef %12, ptr noundef %85) #3
  store ptr %86, ptr %15, align 8
  %87 = load i8, ptr %14, align 1
  %88 = trunc i8 %87 to i1
  br i1 %88, label %92, label %89

89:
  %90 = load ptr, ptr %15, align 8
  %91 = icmp eq ptr %90, null
  br i1 %91, label %92, label %94

92:
  %93 = load ptr, ptr %15, align 8
  br label %99

94:
  %95 = load ptr, ptr %11, align 8
  %96 = getelementptr inbounds %struct.python, ptr %95, i32 0, i32 9
  %97 = load ptr, ptr %96, align 8
  %98 = call ptr %97(i64 noundef 2) #3
  br label %99

99:
  %100 = phi ptr [ %93, %92 ], [ %98, %94 ]
  store ptr %100, ptr %16, align 8
  %101 = load i8, ptr %14, align 1
  %102 = trunc i8 %101 to i1
  br i1 %102, label %131, label %103

103:
  %104 = load ptr, ptr %16, align 8
  %105 = icmp ne ptr %104, null
  br i1 %105, label %106, label %131

106:
  %107 = load ptr, ptr %11, align 8
  %108 = getelementptr inbounds %struct.python, ptr %107, i32 0, i32 11
  %109 = load ptr, ptr %108, align 8
  %110 = load ptr, ptr %11, align 8
  %111 = getelementptr inbounds %struct.python, ptr %110, i32 0, i32 6
  %112 = load ptr, ptr %111, align 8
  %113 = load ptr, ptr %13, align 8
  %114 = call ptr %112(ptr noundef %113, i64 noundef 1) #3
  call void %109(ptr noundef %114) #3
  %115 = load ptr, ptr %11, align 8
  %116 = getelementptr inbounds %struct.python, ptr %115, i32 0, i32 10
  %117 = load ptr, ptr %116, align 8
  %118 = load ptr, ptr %16, align 8
  %119 = load ptr, ptr %15, align 8
  %120 = call i32 %117(ptr noundef %118, i64 noundef 0, ptr noundef %119) #3
  %121 = load ptr, ptr %11, align 8
  %122 = getelementptr inbounds %struct.python, ptr %121, i32 0, i32 10
  %123 = load ptr, ptr %122, align 8
  %124 = load ptr, ptr %16, align 8
  %125 = load ptr, ptr %11, align 8
  %126 = getelementptr inbounds %struct.python, ptr %125, i32 0, i32 6
  %127 = load ptr, ptr %126, align 8
  %128 = load ptr, ptr %13, align 8
  %129 = call ptr %127(ptr noundef %128, i64 noundef 1) #3
  %130 = call i32 %123(ptr noundef %124, i64 noundef 1, ptr noundef %129) #3
  br label %143

131:
  %132 = load i8, ptr %14, align 1
  %133 = trunc i8 %132 to i1
  br i1 %133, label %142, label %134

134:
  %135 = load ptr, ptr %15, align 8
  %136 = icmp ne ptr %135, null
  br i1 %136, label %137, label %142

137:
  %138 = load ptr, ptr %11, align 8
  %139 = getelementptr inbounds %struct.python, ptr %138, i32 0, i32 3
  %140 = load ptr, ptr %139, align 8
  %141 = load ptr, ptr %15, align 8
  call void %140(ptr noundef %141) #3
  br label %142

142:
  br label %143

143:
  %144 = load ptr, ptr %11, align 8
  %145 = getelementptr inbounds %struct.python, ptr %144, i32 0, i32 3
  %146 = load ptr, ptr %145, align 8
  %147 = load ptr, ptr %13, align 8
  call void %146(ptr noundef %147) #3
  %148 = load ptr, ptr %16, align 8
  store ptr %148, ptr %5, align 8
  br label %149

149:
  %150 = load ptr, ptr %5, align 8
  ret ptr %150
}

define internal i64 @kind_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i32, align 4
  store ptr %0, ptr %2, align 8
  %4 = load ptr, ptr %2, align 8
  %5 = call i32 @number_of(ptr noundef %4) #3
  store i32 %5, ptr %3, align 4
  %6 = load i32, ptr %3, align 4
  %7 = icmp eq i32 %6, 12
  br i1 %7, label %8, label %9

8:
  br label %14

9:
  %10 = load i32, ptr %3, align 4
  %11 = icmp eq i32 %10, 11
  %12 = zext i1 %11 to i64
  %13 = select i1 %11, i32 1, i32 0
  br label %14

14:
  %15 = phi i32 [ 2, %8 ], [ %13, %9 ]
  %16 = sext i32 %15 to i64
  ret i64 %16
}

define internal i1 @is_small(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i8, align 1
  %7 = alloca i8, align 1
  %8 = alloca i32, align 4
  store ptr %0, ptr %2, align 8
  %9 = load ptr, ptr %2, align 8
  %10 = getelementptr inbounds %struct.losses, ptr %9, i32 0, i32 1
  %11 = load ptr, ptr %10, align 8
  store ptr %11, ptr %3, align 8
  %12 = load ptr, ptr %2, align 8
  %13 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 2
  %14 = load ptr, ptr %13, align 8
  %15 = getelementptr inbounds ptr, ptr %14, i64 0
  %16 = load ptr, ptr %15, align 8
  %17 = call ptr @array_of(ptr noundef %16) #3
  store ptr %17, ptr %4, align 8
  %18 = load ptr, ptr %2, align 8
  %19 = getelementptr inbounds %struct.losses, ptr %18, i32 0, i32 2
  %20 = load ptr, ptr %19, align 8
  %21 = getelementptr inbounds ptr, ptr %20, i64 1
  %22 = load ptr, ptr %21, align 8
  %23 = call ptr @array_of(ptr noundef %22) #3
  store ptr %23, ptr %5, align 8
  %24 = load ptr, ptr %3, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 14
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %2, align 8
  %28 = getelementptr inbounds %struct.losses, ptr %27, i32 0, i32 0
  %29 = load ptr, ptr %28, align 8
  %30 = getelementptr inbounds %struct.reduction, ptr %29, i32 0, i32 3
  %31 = load ptr, ptr %30, align 8
  %32 = call i64 %26(ptr noundef %31) #3
  %33 = icmp ne i64 %32, 0
  %34 = zext i1 %33 to i8
  store i8 %34, ptr %6, align 1
  %35 = load ptr, ptr %2, align 8
  %36 = getelementptr inbounds %struct.losses, ptr %35, i32 0, i32 0
  %37 = load ptr, ptr %36, align 8
  %38 = getelementptr inbounds %struct.reduction, ptr %37, i32 0, i32 0
  %39 = load ptr, ptr %38, align 8
  %40 = call i1 @makes_two(ptr noundef %39) #3
  br i1 %40, label %41, label %46

41:
  %42 = load ptr, ptr %2, align 8
  %43 = getelementptr inbounds %struct.losses, ptr %42, i32 0, i32 3
  %44 = load i64, ptr %43, align 8
  %45 = icmp eq i64 %44, 2
  br label %46

46:
  %47 = phi i1 [ false, %1 ], [ %45, %41 ]
  %48 = zext i1 %47 to i8
  store i8 %48, ptr %7, align 1
  %49 = load ptr, ptr %5, align 8
  %50 = getelementptr inbounds %struct.array, ptr %49, i32 0, i32 6
  %51 = load i32, ptr %50, align 8
  %52 = load i8, ptr %6, align 1
  %53 = trunc i8 %52 to i1
  br i1 %53, label %54, label %58

54:
  %55 = load i8, ptr %7, align 1
  %56 = trunc i8 %55 to i1
  br i1 %56, label %58, label %57

57:
  br label %62

58:
  %59 = load ptr, ptr %4, align 8
  %60 = getelementptr inbounds %struct.array, ptr %59, i32 0, i32 6
  %61 = load i32, ptr %60, align 8
  br label %62

62:
  %63 = phi i32 [ 1, %57 ], [ %61, %58 ]
  %64 = and i32 %51, %63
  store i32 %64, ptr %8, align 4
  %65 = load i32, ptr %8, align 4
  %66 = and i32 %65, 1
  %67 = icmp ne i32 %66, 0
  br i1 %67, label %68, label %115

68:
  %69 = load ptr, ptr %5, align 8
  %70 = getelementptr inbounds %struct.array, ptr %69, i32 0, i32 1
  %71 = load i32, ptr %70, align 8
  %72 = icmp sgt i32 %71, 0
  br i1 %72, label %73, label %115

73:
  %74 = load ptr, ptr %2, align 8
  %75 = getelementptr inbounds %struct.losses, ptr %74, i32 0, i32 4
  %76 = load i64, ptr %75, align 8
  %77 = icmp slt i64 0, %76
  br i1 %77, label %78, label %115

78:
  %79 = load ptr, ptr %2, align 8
  %80 = getelementptr inbounds %struct.losses, ptr %79, i32 0, i32 4
  %81 = load i64, ptr %80, align 8
  %82 = icmp sle i64 %81, 65536
  br i1 %82, label %83, label %115

83:
  %84 = load ptr, ptr %4, align 8
  %85 = call i64 @elements_of(ptr noundef %84) #3
  %86 = load ptr, ptr %3, align 8
  %87 = getelementptr inbounds %struct.python, ptr %86, i32 0, i32 14
  %88 = load ptr, ptr %87, align 8
  %89 = load ptr, ptr %2, align 8
  %90 = getelementptr inbounds %struct.losses, ptr %89, i32 0, i32 0
  %91 = load ptr, ptr %90, align 8
  %92 = getelementptr inbounds %struct.reduction, ptr %91, i32 0, i32 5
  %93 = load ptr, ptr %92, align 8
  %94 = call i64 %88(ptr noundef %93) #3
  %95 = icmp sle i64 %85, %94
  br i1 %95, label %96, label %115

96:
  %97 = load i8, ptr %6, align 1
  %98 = trunc i8 %97 to i1
  br i1 %98, label %99, label %113

99:
  %100 = load ptr, ptr %5, align 8
  %101 = call i64 @largest_of(ptr noundef %100) #3
  %102 = load ptr, ptr %4, align 8
  %103 = getelementptr inbounds %struct.array, ptr %102, i32 0, i32 2
  %104 = load ptr, ptr %103, align 8
  %105 = load ptr, ptr %4, align 8
  %106 = getelementptr inbounds %struct.array, ptr %105, i32 0, i32 1
  %107 = load i32, ptr %106, align 8
  %108 = sub nsw i32 %107, 1
  %109 = sext i32 %108 to i64
  %110 = getelementptr inbounds i64, ptr %104, i64 %109
  %111 = load i64, ptr %110, align 8
  %112 = icmp ult i64 %101, %111
  br label %113

113:
  %114 = phi i1 [ true, %96 ], [ %112, %99 ]
  br label %115

115:
  %116 = phi i1 [ false, %83 ], [ false, %78 ], [ false, %73 ], [ false, %68 ], [ false, %62 ], [ %114, %113 ]
  ret i1 %116
}

define internal ptr @compute_losses(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca [8 x ptr], align 16
  %6 = alloca i64, align 8
  %7 = alloca i64, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca i64, align 8
  %11 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  %12 = load ptr, ptr %3, align 8
  %13 = getelementptr inbounds %struct.losses, ptr %12, i32 0, i32 1
  %14 = load ptr, ptr %13, align 8
  store ptr %14, ptr %4, align 8
  %15 = load ptr, ptr %4, align 8
  %16 = getelementptr inbounds %struct.python, ptr %15, i32 0, i32 5
  %17 = load ptr, ptr %16, align 8
  %18 = load ptr, ptr %3, align 8
  %19 = getelementptr inbounds %struct.losses, ptr %18, i32 0, i32 0
  %20 = load ptr, ptr %19, align 8
  %21 = getelementptr inbounds %struct.reduction, ptr %20, i32 0, i32 2
  %22 = load ptr, ptr %21, align 8
  %23 = call i64 %17(ptr noundef %22) #3
  store i64 %23, ptr %6, align 8
  store i64 0, ptr %7, align 8
  %24 = load ptr, ptr %4, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 15
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %3, align 8
  %28 = getelementptr inbounds %struct.losses, ptr %27, i32 0, i32 4
  %29 = load i64, ptr %28, align 8
  %30 = call ptr %26(i64 noundef %29) #3
  store ptr %30, ptr %8, align 8
  %31 = load ptr, ptr %8, align 8
  %32 = icmp eq ptr %31, null
  br i1 %32, label %33, label %34

33:
  br label %44

34:
  %35 = load ptr, ptr %4, align 8
  %36 = getelementptr inbounds %struct.python, ptr %35, i32 0, i32 4
  %37 = load ptr, ptr %36, align 8
  %38 = load ptr, ptr %3, align 8
  %39 = getelementptr inbounds %struct.losses, ptr %38, i32 0, i32 0
  %40 = load ptr, ptr %39, align 8
  %41 = getelementptr inbounds %struct.reduction, ptr %40, i32 0, i32 6
  %42 = load ptr, ptr %41, align 8
  %43 = call ptr %37(ptr noundef %42, ptr noundef %8, i64 noundef 1, ptr noundef null) #3
  br label %44

44:
  %45 = phi ptr [ null, %33 ], [ %43, %34 ]
  store ptr %45, ptr %9, align 8
  %46 = load ptr, ptr %8, align 8
  %47 = icmp ne ptr %46, null
  br i1 %47, label %48, label %53

48:
  %49 = load ptr, ptr %4, align 8
  %50 = getelementptr inbounds %struct.python, ptr %49, i32 0, i32 3
  %51 = load ptr, ptr %50, align 8
  %52 = load ptr, ptr %8, align 8
  call void %51(ptr noundef %52) #3
  br label %53

53:
  %54 = load ptr, ptr %9, align 8
  %55 = icmp eq ptr %54, null
  br i1 %55, label %56, label %57

56:
  store ptr null, ptr %2, align 8
  br label %145

57:
  %58 = load ptr, ptr %3, align 8
  %59 = getelementptr inbounds %struct.losses, ptr %58, i32 0, i32 2
  %60 = load ptr, ptr %59, align 8
  %61 = getelementptr inbounds ptr, ptr %60, i64 0
  %62 = load ptr, ptr %61, align 8
  %63 = load i64, ptr %7, align 8
  %64 = add nsw i64 %63, 1
  store i64 %64, ptr %7, align 8
  %65 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %63
  store ptr %62, ptr %65, align 8
  %66 = load ptr, ptr %3, align 8
  %67 = getelementptr inbounds %struct.losses, ptr %66, i32 0, i32 2
  %68 = load ptr, ptr %67, align 8
  %69 = getelementptr inbounds ptr, ptr %68, i64 1
  %70 = load ptr, ptr %69, align 8
  %71 = load i64, ptr %7, align 8
  %72 = add nsw i64 %71, 1
  store i64 %72, ptr %7, align 8
  %73 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %71
  store ptr %70, ptr %73, align 8
  store i64 0, ptr %10, align 8
  br label %74

74:
  %75 = load i64, ptr %10, align 8
  %76 = load i64, ptr %6, align 8
  %77 = icmp slt i64 %75, %76
  br i1 %77, label %78, label %102

78:
  %79 = load ptr, ptr %4, align 8
  %80 = getelementptr inbounds %struct.python, ptr %79, i32 0, i32 6
  %81 = load ptr, ptr %80, align 8
  %82 = load ptr, ptr %4, align 8
  %83 = getelementptr inbounds %struct.python, ptr %82, i32 0, i32 6
  %84 = load ptr, ptr %83, align 8
  %85 = load ptr, ptr %3, align 8
  %86 = getelementptr inbounds %struct.losses, ptr %85, i32 0, i32 0
  %87 = load ptr, ptr %86, align 8
  %88 = getelementptr inbounds %struct.reduction, ptr %87, i32 0, i32 2
  %89 = load ptr, ptr %88, align 8
  %90 = load i64, ptr %10, align 8
  %91 = call ptr %84(ptr noundef %89, i64 noundef %90) #3
  %92 = load ptr, ptr %3, align 8
  %93 = getelementptr inbounds %struct.losses, ptr %92, i32 0, i32 5
  %94 = load i64, ptr %93, align 8
  %95 = call ptr %81(ptr noundef %91, i64 noundef %94) #3
  %96 = load i64, ptr %7, align 8
  %97 = add nsw i64 %96, 1
  store i64 %97, ptr %7, align 8
  %98 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %96
  store ptr %95, ptr %98, align 8
  br label %99

99:
  %100 = load i64, ptr %10, align 8
  %101 = add nsw i64 %100, 1
  store i64 %101, ptr %10, align 8
  br label %74

102:
  %103 = load ptr, ptr %9, align 8
  %104 = load i64, ptr %7, align 8
  %105 = add nsw i64 %104, 1
  store i64 %105, ptr %7, align 8
  %106 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %104
  store ptr %103, ptr %106, align 8
  %107 = load ptr, ptr %3, align 8
  %108 = getelementptr inbounds %struct.losses, ptr %107, i32 0, i32 3
  %109 = load i64, ptr %108, align 8
  %110 = icmp sgt i64 %109, 2
  br i1 %110, label %111, label %128

111:
  %112 = load ptr, ptr %3, align 8
  %113 = getelementptr inbounds %struct.losses, ptr %112, i32 0, i32 0
  %114 = load ptr, ptr %113, align 8
  %115 = getelementptr inbounds %struct.reduction, ptr %114, i32 0, i32 9
  %116 = load ptr, ptr %115, align 8
  %117 = load i64, ptr %7, align 8
  %118 = add nsw i64 %117, 1
  store i64 %118, ptr %7, align 8
  %119 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %117
  store ptr %116, ptr %119, align 8
  %120 = load ptr, ptr %3, align 8
  %121 = getelementptr inbounds %struct.losses, ptr %120, i32 0, i32 2
  %122 = load ptr, ptr %121, align 8
  %123 = getelementptr inbounds ptr, ptr %122, i64 2
  %124 = load ptr, ptr %123, align 8
  %125 = load i64, ptr %7, align 8
  %126 = add nsw i64 %125, 1
  store i64 %126, ptr %7, align 8
  %127 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 %125
  store ptr %124, ptr %127, align 8
  br label %128

128:
  %129 = load ptr, ptr %4, align 8
  %130 = getelementptr inbounds %struct.python, ptr %129, i32 0, i32 4
  %131 = load ptr, ptr %130, align 8
  %132 = load ptr, ptr %3, align 8
  %133 = getelementptr inbounds %struct.losses, ptr %132, i32 0, i32 0
  %134 = load ptr, ptr %133, align 8
  %135 = getelementptr inbounds %struct.reduction, ptr %134, i32 0, i32 0
  %136 = load ptr, ptr %135, align 8
  %137 = getelementptr inbounds [8 x ptr], ptr %5, i64 0, i64 0
  %138 = load i64, ptr %7, align 8
  %139 = call ptr %131(ptr noundef %136, ptr noundef %137, i64 noundef %138, ptr noundef null) #3
  store ptr %139, ptr %11, align 8
  %140 = load ptr, ptr %4, align 8
  %141 = getelementptr inbounds %struct.python, ptr %140, i32 0, i32 3
  %142 = load ptr, ptr %141, align 8
  %143 = load ptr, ptr %9, align 8
  call void %142(ptr noundef %143) #3
  %144 = load ptr, ptr %11, align 8
  store ptr %144, ptr %2, align 8
  br label %145

145:
  %146 = load ptr, ptr %2, align 8
  ret ptr %146
}

define internal i1 @makes_two(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #3
  %6 = getelementptr inbounds i32, ptr %5, i64 1
  %7 = load i32, ptr %6, align 4
  %8 = icmp eq i32 %7, 2
  ret i1 %8
}

define internal ptr @loss_of(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca double, align 8
  %8 = alloca double, align 8
  %9 = alloca i8, align 1
  %10 = alloca ptr, align 8
  %11 = alloca [2 x ptr], align 16
  %12 = alloca ptr, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %13 = load ptr, ptr %4, align 8
  %14 = getelementptr inbounds %struct.losses, ptr %13, i32 0, i32 1
  %15 = load ptr, ptr %14, align 8
  store ptr %15, ptr %6, align 8
  %16 = load ptr, ptr %5, align 8
  %17 = getelementptr inbounds %struct.array, ptr %16, i32 0, i32 0
  %18 = load ptr, ptr %17, align 8
  %19 = load ptr, ptr %4, align 8
  %20 = getelementptr inbounds %struct.losses, ptr %19, i32 0, i32 4
  %21 = load i64, ptr %20, align 8
  %22 = call double @sum_of(ptr noundef %18, i64 noundef %21) #3
  %23 = fadd double 0.000000e+00, %22
  store double %23, ptr %7, align 8
  %24 = load ptr, ptr %6, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 14
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %4, align 8
  %28 = getelementptr inbounds %struct.losses, ptr %27, i32 0, i32 0
  %29 = load ptr, ptr %28, align 8
  %30 = getelementptr inbounds %struct.reduction, ptr %29, i32 0, i32 4
  %31 = load ptr, ptr %30, align 8
  %32 = call i64 %26(ptr noundef %31) #3
  %33 = icmp ne i64 %32, 0
  br i1 %33, label %34, label %41

34:
  %35 = load ptr, ptr %4, align 8
  %36 = getelementptr inbounds %struct.losses, ptr %35, i32 0, i32 4
  %37 = load i64, ptr %36, align 8
  %38 = sitofp i64 %37 to double
  %39 = load double, ptr %7, align 8
  %40 = fdiv double %39, %38
  store double %40, ptr %7, align 8
  br label %41

41:
  %42 = load double, ptr %7, align 8
  %43 = fcmp olt double %42, 0.000000e+00
  br i1 %43, label %44, label %47

44:
  %45 = load double, ptr %7, align 8
  %46 = fneg double %45
  br label %49

47:
  %48 = load double, ptr %7, align 8
  br label %49

49:
  %50 = phi double [ %46, %44 ], [ %48, %47 ]
  store double %50, ptr %8, align 8
  %51 = load ptr, ptr %4, align 8
  %52 = getelementptr inbounds %struct.losses, ptr %51, i32 0, i32 5
  %53 = load i64, ptr %52, align 8
  %54 = icmp eq i64 %53, 2
  br i1 %54, label %73, label %55

55:
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.losses, ptr %56, i32 0, i32 5
  %58 = load i64, ptr %57, align 8
  %59 = getelementptr inbounds [3 x double], ptr @LEAST, i64 0, i64 %58
  %60 = load double, ptr %59, align 8
  %61 = load double, ptr %8, align 8
  %62 = fcmp olt double %60, %61
  br i1 %62, label %63, label %71

63:
  %64 = load double, ptr %8, align 8
  %65 = load ptr, ptr %4, align 8
  %66 = getelementptr inbounds %struct.losses, ptr %65, i32 0, i32 5
  %67 = load i64, ptr %66, align 8
  %68 = getelementptr inbounds [3 x double], ptr @MOST, i64 0, i64 %67
  %69 = load double, ptr %68, align 8
  %70 = fcmp olt double %64, %69
  br label %71

71:
  %72 = phi i1 [ false, %55 ], [ %70, %63 ]
  br label %73

73:
  %74 = phi i1 [ true, %49 ], [ %72, %71 ]
  %75 = zext i1 %74 to i8
  store i8 %75, ptr %9, align 1
  %76 = load i8, ptr %9, align 1
  %77 = trunc i8 %76 to i1
  br i1 %77, label %78, label %91

78:
  %79 = load ptr, ptr %6, align 8
  %80 = getelementptr inbounds %struct.python, ptr %79, i32 0, i32 6
  %81 = load ptr, ptr %80, align 8
  %82 = load ptr, ptr %4, align 8
  %83 = getelementptr inbounds %struct.losses, ptr %82, i32 0, i32 0
  %84 = load ptr, ptr %83, align 8
  %85 = getelementptr inbounds %struct.reduction, ptr %84, i32 0, i32 7
  %86 = load ptr, ptr %85, align 8
  %87 = load ptr, ptr %4, align 8
  %88 = getelementptr inbounds %struct.losses, ptr %87, i32 0, i32 5
  %89 = load i64, ptr %88, align 8
  %90 = call ptr %81(ptr noundef %86, i64 noundef %89) #3
  br label %97

91:
  %92 = load ptr, ptr %4, align 8
  %93 = getelementptr inbounds %struct.losses, ptr %92, i32 0, i32 0
  %94 = load ptr, ptr %93, align 8
  %95 = getelementptr inbounds %struct.reduction, ptr %94, i32 0, i32 8
  %96 = load ptr, ptr %95, align 8
  br label %97

97:
  %98 = phi ptr [ %90, %78 ], [ %96, %91 ]
  store ptr %98, ptr %10, align 8
  %99 = load ptr, ptr %6, align 8
  %100 = getelementptr inbounds %struct.python, ptr %99, i32 0, i32 8
  %101 = load ptr, ptr %100, align 8
  %102 = load double, ptr %7, align 8
  %103 = call ptr %101(double noundef %102) #3
  store ptr %103, ptr %11, align 8
  %104 = getelementptr inbounds ptr, ptr %11, i64 1
  %105 = load ptr, ptr %4, align 8
  %106 = getelementptr inbounds %struct.losses, ptr %105, i32 0, i32 2
  %107 = load ptr, ptr %106, align 8
  %108 = getelementptr inbounds ptr, ptr %107, i64 0
  %109 = load ptr, ptr %108, align 8
  %110 = call ptr @array_of(ptr noundef %109) #3
  %111 = getelementptr inbounds %struct.array, ptr %110, i32 0, i32 5
  %112 = load ptr, ptr %111, align 8
  store ptr %112, ptr %104, align 8
  %113 = getelementptr inbounds [2 x ptr], ptr %11, i64 0, i64 0
  %114 = load ptr, ptr %113, align 16
  %115 = icmp eq ptr %114, null
  br i1 %115, label %116, label %117

116:
  store ptr null, ptr %3, align 8
  br label %135

117:
  %118 = load ptr, ptr %6, align 8
  %119 = getelementptr inbounds %struct.python, ptr %118, i32 0, i32 4
  %120 = load ptr, ptr %119, align 8
  %121 = load ptr, ptr %10, align 8
  %122 = getelementptr inbounds [2 x ptr], ptr %11, i64 0, i64 0
  %123 = load i8, ptr %9, align 1
  %124 = trunc i8 %123 to i1
  %125 = zext i1 %124 to i64
  %126 = select i1 %124, i32 1, i32 2
  %127 = sext i32 %126 to i64
  %128 = call ptr %120(ptr noundef %121, ptr noundef %122, i64 noundef %127, ptr noundef null) #3
  store ptr %128, ptr %12, align 8
  %129 = load ptr, ptr %6, align 8
  %130 = getelementptr inbounds %struct.python, ptr %129, i32 0, i32 3
  %131 = load ptr, ptr %130, align 8
  %132 = getelementptr inbounds [2 x ptr], ptr %11, i64 0, i64 0
  %133 = load ptr, ptr %132, align 16
  call void %131(ptr noundef %133) #3
  %134 = load ptr, ptr %12, align 8
  store ptr %134, ptr %3, align 8
  br label %135

135:
  %136 = load ptr, ptr %3, align 8
  ret ptr %136
}

define internal i32 @number_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = add nsw i64 %4, 12
  %6 = call ptr @inside(ptr noundef %3, i64 noundef %5) #3
  %7 = load i32, ptr %6, align 4
  ret i32 %7
}

define internal i1 @is_a(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %5 = load ptr, ptr %3, align 8
  %6 = load i64, ptr @fastact_glue_head, align 8
  %7 = sub nsw i64 %6, 8
  %8 = call ptr @inside(ptr noundef %5, i64 noundef %7) #3
  %9 = load ptr, ptr %8, align 8
  %10 = load ptr, ptr %4, align 8
  %11 = icmp eq ptr %9, %10
  ret i1 %11
}

define internal i1 @read_array(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %7 = load ptr, ptr %5, align 8
  %8 = load ptr, ptr %4, align 8
  %9 = getelementptr inbounds %struct.call, ptr %8, i32 0, i32 0
  %10 = load ptr, ptr %9, align 8
  %11 = getelementptr inbounds %struct.python, ptr %10, i32 0, i32 24
  %12 = load ptr, ptr %11, align 8
  %13 = call i1 @is_a(ptr noundef %7, ptr noundef %12) #3
  br i1 %13, label %14, label %20

14:
  %15 = load ptr, ptr %5, align 8
  %16 = call ptr @array_of(ptr noundef %15) #3
  %17 = getelementptr inbounds %struct.array, ptr %16, i32 0, i32 1
  %18 = load i32, ptr %17, align 8
  %19 = icmp eq i32 %18, 0
  br i1 %19, label %20, label %21

20:
  store i1 false, ptr %3, align 1
  br label %48

21:
  %22 = load ptr, ptr %5, align 8
  %23 = load ptr, ptr %4, align 8
  %24 = getelementptr inbounds %struct.call, ptr %23, i32 0, i32 1
  store ptr %22, ptr %24, align 8
  %25 = load ptr, ptr %5, align 8
  %26 = call ptr @array_of(ptr noundef %25) #3
  %27 = getelementptr inbounds %struct.array, ptr %26, i32 0, i32 5
  %28 = load ptr, ptr %27, align 8
  store ptr %28, ptr %6, align 8
  %29 = load ptr, ptr %6, align 8
  %30 = call i64 @kind_of(ptr noundef %29) #3
  %31 = load ptr, ptr %4, align 8
  %32 = getelementptr inbounds %struct.call, ptr %31, i32 0, i32 5
  store i64 %30, ptr %32, align 8
  %33 = load ptr, ptr %6, align 8
  %34 = call i1 @has_native_order(ptr noundef %33) #3
  br i1 %34, label %35, label %46

35:
  %36 = load ptr, ptr %4, align 8
  %37 = getelementptr inbounds %struct.call, ptr %36, i32 0, i32 5
  %38 = load i64, ptr %37, align 8
  %39 = icmp ne i64 %38, 0
  br i1 %39, label %44, label %40

40:
  %41 = load ptr, ptr %6, align 8
  %42 = call i32 @number_of(ptr noundef %41) #3
  %43 = icmp eq i32 %42, 23
  br label %44

44:
  %45 = phi i1 [ true, %35 ], [ %43, %40 ]
  br label %46

46:
  %47 = phi i1 [ false, %21 ], [ %45, %44 ]
  store i1 %47, ptr %3, align 1
  br label %48

48:
  %49 = load i1, ptr %3, align 1
  ret i1 %49
}

define internal i1 @has_native_order(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = add nsw i64 %4, 10
  %6 = call ptr @inside(ptr noundef %3, i64 noundef %5) #3
  %7 = load i8, ptr %6, align 1
  %8 = zext i8 %7 to i32
  %9 = icmp eq i32 %8, 61
  ret i1 %9
}

define internal i1 @in_default_mode() #0 {
  %1 = alloca double, align 8
  %2 = alloca double, align 8
  %3 = alloca double, align 8
  %4 = alloca double, align 8
  store volatile double 0x10000000000000, ptr %1, align 8
  store volatile double 5.000000e-01, ptr %2, align 8
  store volatile double 1.000000e+00, ptr %3, align 8
  store volatile double 0x3C80000000000000, ptr %4, align 8
  %5 = load volatile double, ptr %1, align 8
  %6 = load volatile double, ptr %2, align 8
  %7 = fmul double %5, %6
  %8 = fcmp une double %7, 0.000000e+00
  br i1 %8, label %9, label %21

9:
  %10 = load volatile double, ptr %3, align 8
  %11 = load volatile double, ptr %4, align 8
  %12 = fadd double %10, %11
  %13 = load volatile double, ptr %3, align 8
  %14 = fcmp oeq double %12, %13
  br i1 %14, label %15, label %21

15:
  %16 = load volatile double, ptr %3, align 8
  %17 = load volatile double, ptr %4, align 8
  %18 = fsub double %16, %17
  %19 = load volatile double, ptr %3, align 8
  %20 = fcmp oeq double %18, %19
  br label %21

21:
  %22 = phi i1 [ false, %9 ], [ false, %0 ], [ %20, %15 ]
  ret i1 %22
}

define internal ptr @value_of(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  store ptr null, ptr %5, align 8
  store i64 0, ptr %6, align 8
  br label %7

7:
  %8 = load i64, ptr %6, align 8
  %9 = load ptr, ptr %3, align 8
  %10 = getelementptr inbounds %struct.call, ptr %9, i32 0, i32 4
  %11 = load i64, ptr %10, align 8
  %12 = icmp slt i64 %8, %11
  br i1 %12, label %13, label %31

13:
  %14 = load ptr, ptr %3, align 8
  %15 = getelementptr inbounds %struct.call, ptr %14, i32 0, i32 6
  %16 = load i64, ptr %6, align 8
  %17 = getelementptr inbounds [6 x ptr], ptr %15, i64 0, i64 %16
  %18 = load ptr, ptr %17, align 8
  %19 = load ptr, ptr %4, align 8
  %20 = icmp eq ptr %18, %19
  br i1 %20, label %21, label %27

21:
  %22 = load ptr, ptr %3, align 8
  %23 = getelementptr inbounds %struct.call, ptr %22, i32 0, i32 7
  %24 = load i64, ptr %6, align 8
  %25 = getelementptr inbounds [6 x ptr], ptr %23, i64 0, i64 %24
  %26 = load ptr, ptr %25, align 8
  store ptr %26, ptr %5, align 8
  br label %27

27:
  br label %28

28:
  %29 = load i64, ptr %6, align 8
  %30 = add nsw i64 %29, 1
  store i64 %30, ptr %6, align 8
  br label %7

31:
  %32 = load ptr, ptr %5, align 8
  ret ptr %32
}

define internal i1 @is_plain(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i1, align 1
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca double, align 8
  %14 = alloca ptr, align 8
  %15 = alloca ptr, align 8
  %16 = alloca i8, align 1
  %17 = alloca i8, align 1
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store ptr %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %18 = load ptr, ptr %7, align 8
  %19 = getelementptr inbounds %struct.call, ptr %18, i32 0, i32 0
  %20 = load ptr, ptr %19, align 8
  store ptr %20, ptr %12, align 8
  %21 = load ptr, ptr %12, align 8
  %22 = load ptr, ptr %9, align 8
  %23 = getelementptr inbounds %struct.form, ptr %22, i32 0, i32 3
  %24 = load ptr, ptr %23, align 8
  %25 = load ptr, ptr %10, align 8
  %26 = call i1 @contains(ptr noundef %21, ptr noundef %24, ptr noundef %25) #3
  br i1 %26, label %27, label %41

27:
  %28 = load ptr, ptr %11, align 8
  %29 = load ptr, ptr %12, align 8
  %30 = getelementptr inbounds %struct.python, ptr %29, i32 0, i32 25
  %31 = load ptr, ptr %30, align 8
  %32 = call i1 @is_a(ptr noundef %28, ptr noundef %31) #3
  br i1 %32, label %39, label %33

33:
  %34 = load ptr, ptr %11, align 8
  %35 = load ptr, ptr %12, align 8
  %36 = getelementptr inbounds %struct.python, ptr %35, i32 0, i32 26
  %37 = load ptr, ptr %36, align 8
  %38 = call i1 @is_a(ptr noundef %34, ptr noundef %37) #3
  br label %39

39:
  %40 = phi i1 [ true, %27 ], [ %38, %33 ]
  store i1 %40, ptr %6, align 1
  br label %167

41:
  %42 = load ptr, ptr %10, align 8
  %43 = load ptr, ptr %12, align 8
  %44 = getelementptr inbounds %struct.python, ptr %43, i32 0, i32 35
  %45 = load ptr, ptr %44, align 8
  %46 = icmp eq ptr %42, %45
  br i1 %46, label %47, label %69

47:
  %48 = load ptr, ptr %11, align 8
  %49 = load ptr, ptr %12, align 8
  %50 = getelementptr inbounds %struct.python, ptr %49, i32 0, i32 25
  %51 = load ptr, ptr %50, align 8
  %52 = call i1 @is_a(ptr noundef %48, ptr noundef %51) #3
  br i1 %52, label %53, label %55

53:
  %54 = call i1 @in_default_mode() #3
  br i1 %54, label %56, label %55

55:
  store i1 false, ptr %6, align 1
  br label %167

56:
  %57 = load ptr, ptr %12, align 8
  %58 = getelementptr inbounds %struct.python, ptr %57, i32 0, i32 7
  %59 = load ptr, ptr %58, align 8
  %60 = load ptr, ptr %11, align 8
  %61 = call double %59(ptr noundef %60) #3
  store double %61, ptr %13, align 8
  %62 = load double, ptr %13, align 8
  %63 = fcmp ole double 0x1FF0000000000000, %62
  br i1 %63, label %64, label %67

64:
  %65 = load double, ptr %13, align 8
  %66 = fcmp ole double %65, 0x5FF0000000000000
  br label %67

67:
  %68 = phi i1 [ false, %56 ], [ %66, %64 ]
  store i1 %68, ptr %6, align 1
  br label %167

69:
  %70 = load ptr, ptr %11, align 8
  %71 = load ptr, ptr %12, align 8
  %72 = getelementptr inbounds %struct.python, ptr %71, i32 0, i32 24
  %73 = load ptr, ptr %72, align 8
  %74 = call i1 @is_a(ptr noundef %70, ptr noundef %73) #3
  br i1 %74, label %76, label %75

75:
  store i1 false, ptr %6, align 1
  br label %167

76:
  %77 = load ptr, ptr %7, align 8
  %78 = getelementptr inbounds %struct.call, ptr %77, i32 0, i32 1
  %79 = load ptr, ptr %78, align 8
  %80 = call ptr @array_of(ptr noundef %79) #3
  store ptr %80, ptr %14, align 8
  %81 = load ptr, ptr %11, align 8
  %82 = call ptr @array_of(ptr noundef %81) #3
  store ptr %82, ptr %15, align 8
  %83 = load ptr, ptr %10, align 8
  %84 = load ptr, ptr %12, align 8
  %85 = getelementptr inbounds %struct.python, ptr %84, i32 0, i32 34
  %86 = load ptr, ptr %85, align 8
  %87 = icmp eq ptr %83, %86
  br i1 %87, label %88, label %104

88:
  %89 = load ptr, ptr %15, align 8
  %90 = getelementptr inbounds %struct.array, ptr %89, i32 0, i32 5
  %91 = load ptr, ptr %90, align 8
  %92 = call i32 @number_of(ptr noundef %91) #3
  %93 = icmp eq i32 %92, 0
  br i1 %93, label %94, label %102

94:
  %95 = load ptr, ptr %15, align 8
  %96 = load ptr, ptr %14, align 8
  %97 = call i1 @begins_as(ptr noundef %95, ptr noundef %96, i32 noundef 0) #3
  br i1 %97, label %98, label %102

98:
  %99 = load ptr, ptr %15, align 8
  %100 = call i64 @elements_of(ptr noundef %99) #3
  %101 = icmp sle i64 %100, 262144
  br label %102

102:
  %103 = phi i1 [ false, %94 ], [ false, %88 ], [ %101, %98 ]
  store i1 %103, ptr %6, align 1
  br label %167

104:
  %105 = load ptr, ptr %10, align 8
  %106 = load ptr, ptr %12, align 8
  %107 = getelementptr inbounds %struct.python, ptr %106, i32 0, i32 36
  %108 = load ptr, ptr %107, align 8
  %109 = icmp eq ptr %105, %108
  br i1 %109, label %110, label %124

110:
  %111 = load ptr, ptr %15, align 8
  %112 = getelementptr inbounds %struct.array, ptr %111, i32 0, i32 5
  %113 = load ptr, ptr %112, align 8
  %114 = load ptr, ptr %12, align 8
  %115 = getelementptr inbounds %struct.python, ptr %114, i32 0, i32 29
  %116 = load ptr, ptr %115, align 8
  %117 = icmp eq ptr %113, %116
  br i1 %117, label %118, label %122

118:
  %119 = load ptr, ptr %15, align 8
  %120 = load ptr, ptr %14, align 8
  %121 = call i1 @begins_as(ptr noundef %119, ptr noundef %120, i32 noundef 1) #3
  br label %122

122:
  %123 = phi i1 [ false, %110 ], [ %121, %118 ]
  store i1 %123, ptr %6, align 1
  br label %167

124:
  %125 = load ptr, ptr %12, align 8
  %126 = load ptr, ptr %8, align 8
  %127 = getelementptr inbounds %struct.plain, ptr %126, i32 0, i32 6
  %128 = load ptr, ptr %127, align 8
  %129 = load ptr, ptr %10, align 8
  %130 = call i1 @contains(ptr noundef %125, ptr noundef %128, ptr noundef %129) #3
  br i1 %130, label %135, label %131

131:
  %132 = load ptr, ptr %15, align 8
  %133 = load ptr, ptr %14, align 8
  %134 = call i1 @begins_as(ptr noundef %132, ptr noundef %133, i32 noundef 0) #3
  br label %135

135:
  %136 = phi i1 [ true, %124 ], [ %134, %131 ]
  %137 = zext i1 %136 to i8
  store i8 %137, ptr %16, align 1
  %138 = load ptr, ptr %10, align 8
  %139 = load ptr, ptr %12, align 8
  %140 = getelementptr inbounds %struct.python, ptr %139, i32 0, i32 33
  %141 = load ptr, ptr %140, align 8
  %142 = icmp ne ptr %138, %141
  br i1 %142, label %149, label %143

143:
  %144 = load ptr, ptr %15, align 8
  %145 = getelementptr inbounds %struct.array, ptr %144, i32 0, i32 6
  %146 = load i32, ptr %145, align 8
  %147 = and i32 %146, 1024
  %148 = icmp ne i32 %147, 0
  br label %149

149:
  %150 = phi i1 [ true, %135 ], [ %148, %143 ]
  %151 = zext i1 %150 to i8
  store i8 %151, ptr %17, align 1
  %152 = load ptr, ptr %15, align 8
  %153 = getelementptr inbounds %struct.array, ptr %152, i32 0, i32 5
  %154 = load ptr, ptr %153, align 8
  %155 = load ptr, ptr %14, align 8
  %156 = getelementptr inbounds %struct.array, ptr %155, i32 0, i32 5
  %157 = load ptr, ptr %156, align 8
  %158 = icmp eq ptr %154, %157
  br i1 %158, label %159, label %165

159:
  %160 = load i8, ptr %16, align 1
  %161 = trunc i8 %160 to i1
  br i1 %161, label %162, label %165

162:
  %163 = load i8, ptr %17, align 1
  %164 = trunc i8 %163 to i1
  br label %165

165:
  %166 = phi i1 [ false, %159 ], [ false, %149 ], [ %164, %162 ]
  store i1 %166, ptr %6, align 1
  br label %167

167:
  %168 = load i1, ptr %6, align 1
  ret i1 %168
}

define internal i1 @obeys(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca ptr, align 8
  %9 = alloca i64, align 8
  %10 = alloca ptr, align 8
  %11 = alloca i8, align 1
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %12 = load ptr, ptr %4, align 8
  %13 = getelementptr inbounds %struct.call, ptr %12, i32 0, i32 0
  %14 = load ptr, ptr %13, align 8
  store ptr %14, ptr %6, align 8
  %15 = load ptr, ptr %6, align 8
  %16 = getelementptr inbounds %struct.python, ptr %15, i32 0, i32 5
  %17 = load ptr, ptr %16, align 8
  %18 = load ptr, ptr %5, align 8
  %19 = getelementptr inbounds %struct.form, ptr %18, i32 0, i32 3
  %20 = load ptr, ptr %19, align 8
  %21 = call i64 %17(ptr noundef %20) #3
  store i64 %21, ptr %7, align 8
  %22 = load i64, ptr %7, align 8
  %23 = icmp eq i64 %22, 0
  br i1 %23, label %24, label %25

24:
  store i1 true, ptr %3, align 1
  br label %86

25:
  %26 = load ptr, ptr %6, align 8
  %27 = getelementptr inbounds %struct.python, ptr %26, i32 0, i32 9
  %28 = load ptr, ptr %27, align 8
  %29 = load i64, ptr %7, align 8
  %30 = call ptr %28(i64 noundef %29) #3
  store ptr %30, ptr %8, align 8
  store i64 0, ptr %9, align 8
  br label %31

31:
  %32 = load ptr, ptr %8, align 8
  %33 = icmp ne ptr %32, null
  br i1 %33, label %34, label %38

34:
  %35 = load i64, ptr %9, align 8
  %36 = load i64, ptr %7, align 8
  %37 = icmp slt i64 %35, %36
  br label %38

38:
  %39 = phi i1 [ false, %31 ], [ %37, %34 ]
  br i1 %39, label %40, label %65

40:
  %41 = load ptr, ptr %4, align 8
  %42 = load ptr, ptr %6, align 8
  %43 = getelementptr inbounds %struct.python, ptr %42, i32 0, i32 6
  %44 = load ptr, ptr %43, align 8
  %45 = load ptr, ptr %5, align 8
  %46 = getelementptr inbounds %struct.form, ptr %45, i32 0, i32 3
  %47 = load ptr, ptr %46, align 8
  %48 = load i64, ptr %9, align 8
  %49 = call ptr %44(ptr noundef %47, i64 noundef %48) #3
  %50 = call ptr @value_of(ptr noundef %41, ptr noundef %49) #3
  store ptr %50, ptr %10, align 8
  %51 = load ptr, ptr %6, align 8
  %52 = getelementptr inbounds %struct.python, ptr %51, i32 0, i32 11
  %53 = load ptr, ptr %52, align 8
  %54 = load ptr, ptr %10, align 8
  call void %53(ptr noundef %54) #3
  %55 = load ptr, ptr %6, align 8
  %56 = getelementptr inbounds %struct.python, ptr %55, i32 0, i32 10
  %57 = load ptr, ptr %56, align 8
  %58 = load ptr, ptr %8, align 8
  %59 = load i64, ptr %9, align 8
  %60 = load ptr, ptr %10, align 8
  %61 = call i32 %57(ptr noundef %58, i64 noundef %59, ptr noundef %60) #3
  br label %62

62:
  %63 = load i64, ptr %9, align 8
  %64 = add nsw i64 %63, 1
  store i64 %64, ptr %9, align 8
  br label %31

65:
  %66 = load ptr, ptr %8, align 8
  %67 = icmp eq ptr %66, null
  br i1 %67, label %68, label %69

68:
  store i1 false, ptr %3, align 1
  br label %86

69:
  %70 = load ptr, ptr %6, align 8
  %71 = getelementptr inbounds %struct.python, ptr %70, i32 0, i32 12
  %72 = load ptr, ptr %71, align 8
  %73 = load ptr, ptr %5, align 8
  %74 = getelementptr inbounds %struct.form, ptr %73, i32 0, i32 4
  %75 = load ptr, ptr %74, align 8
  %76 = load ptr, ptr %8, align 8
  %77 = call i32 %72(ptr noundef %75, ptr noundef %76) #3
  %78 = icmp eq i32 %77, 1
  %79 = zext i1 %78 to i8
  store i8 %79, ptr %11, align 1
  %80 = load ptr, ptr %6, align 8
  %81 = getelementptr inbounds %struct.python, ptr %80, i32 0, i32 3
  %82 = load ptr, ptr %81, align 8
  %83 = load ptr, ptr %8, align 8
  call void %82(ptr noundef %83) #3
  %84 = load i8, ptr %11, align 1
  %85 = trunc i8 %84 to i1
  store i1 %85, ptr %3, align 1
  br label %86

86:
  %87 = load i1, ptr %3, align 1
  ret i1 %87
}

define internal i1 @contains(ptr noundef %0, ptr noundef %1, ptr noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i8, align 1
  %8 = alloca i64, align 8
  %9 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store ptr %2, ptr %6, align 8
  store i8 0, ptr %7, align 1
  %10 = load ptr, ptr %4, align 8
  %11 = getelementptr inbounds %struct.python, ptr %10, i32 0, i32 5
  %12 = load ptr, ptr %11, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = call i64 %12(ptr noundef %13) #3
  store i64 %14, ptr %8, align 8
  store i64 0, ptr %9, align 8
  br label %15

15:
  %16 = load i64, ptr %9, align 8
  %17 = load i64, ptr %8, align 8
  %18 = icmp slt i64 %16, %17
  br i1 %18, label %19, label %38

19:
  %20 = load ptr, ptr %4, align 8
  %21 = getelementptr inbounds %struct.python, ptr %20, i32 0, i32 6
  %22 = load ptr, ptr %21, align 8
  %23 = load ptr, ptr %5, align 8
  %24 = load i64, ptr %9, align 8
  %25 = call ptr %22(ptr noundef %23, i64 noundef %24) #3
  %26 = load ptr, ptr %6, align 8
  %27 = icmp eq ptr %25, %26
  %28 = zext i1 %27 to i32
  %29 = load i8, ptr %7, align 1
  %30 = trunc i8 %29 to i1
  %31 = zext i1 %30 to i32
  %32 = or i32 %31, %28
  %33 = icmp ne i32 %32, 0
  %34 = zext i1 %33 to i8
  store i8 %34, ptr %7, align 1
  br label %35

35:
  %36 = load i64, ptr %9, align 8
  %37 = add nsw i64 %36, 1
  store i64 %37, ptr %9, align 8
  br label %15

38:
  %39 = load i8, ptr %7, align 1
  %40 = trunc i8 %39 to i1
  ret i1 %40
}

define internal i1 @begins_as(ptr noundef %0, ptr noundef %1, i32 noundef %2) #0 {
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca i32, align 4
  %7 = alloca i8, align 1
  %8 = alloca i32, align 4
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  store i32 %2, ptr %6, align 4
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.array, ptr %9, i32 0, i32 1
  %11 = load i32, ptr %10, align 8
  %12 = load i32, ptr %6, align 4
  %13 = add nsw i32 %11, %12
  %14 = load ptr, ptr %5, align 8
  %15 = getelementptr inbounds %struct.array, ptr %14, i32 0, i32 1
  %16 = load i32, ptr %15, align 8
  %17 = icmp eq i32 %13, %16
  %18 = zext i1 %17 to i8
  store i8 %18, ptr %7, align 1
  store i32 0, ptr %8, align 4
  br label %19

19:
  %20 = load i8, ptr %7, align 1
  %21 = trunc i8 %20 to i1
  br i1 %21, label %22, label %28

22:
  %23 = load i32, ptr %8, align 4
  %24 = load ptr, ptr %4, align 8
  %25 = getelementptr inbounds %struct.array, ptr %24, i32 0, i32 1
  %26 = load i32, ptr %25, align 8
  %27 = icmp slt i32 %23, %26
  br label %28

28:
  %29 = phi i1 [ false, %19 ], [ %27, %22 ]
  br i1 %29, label %30, label %50

30:
  %31 = load ptr, ptr %4, align 8
  %32 = getelementptr inbounds %struct.array, ptr %31, i32 0, i32 2
  %33 = load ptr, ptr %32, align 8
  %34 = load i32, ptr %8, align 4
  %35 = sext i32 %34 to i64
  %36 = getelementptr inbounds i64, ptr %33, i64 %35
  %37 = load i64, ptr %36, align 8
  %38 = load ptr, ptr %5, align 8
  %39 = getelementptr inbounds %struct.array, ptr %38, i32 0, i32 2
  %40 = load ptr, ptr %39, align 8
  %41 = load i32, ptr %8, align 4
  %42 = sext i32 %41 to i64
  %43 = getelementptr inbounds i64, ptr %40, i64 %42
  %44 = load i64, ptr %43, align 8
  %45 = icmp eq i64 %37, %44
  %46 = zext i1 %45 to i8
  store i8 %46, ptr %7, align 1
  br label %47

47:
  %48 = load i32, ptr %8, align 4
  %49 = add nsw i32 %48, 1
  store i32 %49, ptr %8, align 4
  br label %19

50:
  %51 = load i8, ptr %7, align 1
  %52 = trunc i8 %51 to i1
  ret i1 %52
}

define internal i1 @make_factor(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca double, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.call, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  store ptr %11, ptr %6, align 8
  store i64 0, ptr %7, align 8
  br label %12

12:
  %13 = load i64, ptr %7, align 8
  %14 = load ptr, ptr %4, align 8
  %15 = getelementptr inbounds %struct.call, ptr %14, i32 0, i32 4
  %16 = load i64, ptr %15, align 8
  %17 = icmp slt i64 %13, %16
  br i1 %17, label %18, label %68

18:
  %19 = load ptr, ptr %4, align 8
  %20 = getelementptr inbounds %struct.call, ptr %19, i32 0, i32 6
  %21 = load i64, ptr %7, align 8
  %22 = getelementptr inbounds [6 x ptr], ptr %20, i64 0, i64 %21
  %23 = load ptr, ptr %22, align 8
  %24 = load ptr, ptr %6, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 35
  %26 = load ptr, ptr %25, align 8
  %27 = icmp eq ptr %23, %26
  br i1 %27, label %28, label %64

28:
  %29 = load ptr, ptr %6, align 8
  %30 = getelementptr inbounds %struct.python, ptr %29, i32 0, i32 7
  %31 = load ptr, ptr %30, align 8
  %32 = load ptr, ptr %4, align 8
  %33 = getelementptr inbounds %struct.call, ptr %32, i32 0, i32 7
  %34 = load i64, ptr %7, align 8
  %35 = getelementptr inbounds [6 x ptr], ptr %33, i64 0, i64 %34
  %36 = load ptr, ptr %35, align 8
  %37 = call double %31(ptr noundef %36) #3
  store double %37, ptr %8, align 8
  %38 = load ptr, ptr %6, align 8
  %39 = getelementptr inbounds %struct.python, ptr %38, i32 0, i32 8
  %40 = load ptr, ptr %39, align 8
  %41 = load ptr, ptr %6, align 8
  %42 = getelementptr inbounds %struct.python, ptr %41, i32 0, i32 7
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %5, align 8
  %45 = getelementptr inbounds %struct.form, ptr %44, i32 0, i32 1
  %46 = load ptr, ptr %45, align 8
  %47 = call double %43(ptr noundef %46) #3
  %48 = load double, ptr %8, align 8
  %49 = fdiv double %47, %48
  %50 = call ptr %40(double noundef %49) #3
  %51 = load ptr, ptr %4, align 8
  %52 = getelementptr inbounds %struct.call, ptr %51, i32 0, i32 3
  store ptr %50, ptr %52, align 8
  %53 = load ptr, ptr %4, align 8
  %54 = getelementptr inbounds %struct.call, ptr %53, i32 0, i32 3
  %55 = load ptr, ptr %54, align 8
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.call, ptr %56, i32 0, i32 7
  %58 = load i64, ptr %7, align 8
  %59 = getelementptr inbounds [6 x ptr], ptr %57, i64 0, i64 %58
  store ptr %55, ptr %59, align 8
  %60 = load ptr, ptr %4, align 8
  %61 = getelementptr inbounds %struct.call, ptr %60, i32 0, i32 3
  %62 = load ptr, ptr %61, align 8
  %63 = icmp ne ptr %62, null
  store i1 %63, ptr %3, align 1
  br label %69

64:
  br label %65

65:
  %66 = load i64, ptr %7, align 8
  %67 = add nsw i64 %66, 1
  store i64 %67, ptr %7, align 8
  br label %12

68:
  store i1 true, ptr %3, align 1
  br label %69

69:
  %70 = load i1, ptr %3, align 1
  ret i1 %70
}

define internal i1 @run_step(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca [8 x ptr], align 16
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %10 = load ptr, ptr %3, align 8
  %11 = getelementptr inbounds %struct.call, ptr %10, i32 0, i32 0
  %12 = load ptr, ptr %11, align 8
  store ptr %12, ptr %5, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = getelementptr inbounds %struct.python, ptr %13, i32 0, i32 5
  %15 = load ptr, ptr %14, align 8
  %16 = load ptr, ptr %4, align 8
  %17 = call i64 %15(ptr noundef %16) #3
  store i64 %17, ptr %7, align 8
  store i64 1, ptr %8, align 8
  br label %18

18:
  %19 = load i64, ptr %8, align 8
  %20 = load i64, ptr %7, align 8
  %21 = icmp slt i64 %19, %20
  br i1 %21, label %22, label %37

22:
  %23 = load ptr, ptr %3, align 8
  %24 = load ptr, ptr %5, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 6
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %4, align 8
  %28 = load i64, ptr %8, align 8
  %29 = call ptr %26(ptr noundef %27, i64 noundef %28) #3
  %30 = call ptr @operand_value(ptr noundef %23, ptr noundef %29) #3
  %31 = load i64, ptr %8, align 8
  %32 = sub nsw i64 %31, 1
  %33 = getelementptr inbounds [8 x ptr], ptr %6, i64 0, i64 %32
  store ptr %30, ptr %33, align 8
  br label %34

34:
  %35 = load i64, ptr %8, align 8
  %36 = add nsw i64 %35, 1
  store i64 %36, ptr %8, align 8
  br label %18

37:
  %38 = load ptr, ptr %5, align 8
  %39 = getelementptr inbounds %struct.python, ptr %38, i32 0, i32 4
  %40 = load ptr, ptr %39, align 8
  %41 = load ptr, ptr %5, align 8
  %42 = getelementptr inbounds %struct.python, ptr %41, i32 0, i32 6
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %4, align 8
  %45 = call ptr %43(ptr noundef %44, i64 noundef 0) #3
  %46 = getelementptr inbounds [8 x ptr], ptr %6, i64 0, i64 0
  %47 = load i64, ptr %7, align 8
  %48 = sub i64 %47, 1
  %49 = call ptr %40(ptr noundef %45, ptr noundef %46, i64 noundef %48, ptr noundef null) #3
  store ptr %49, ptr %9, align 8
  %50 = load ptr, ptr %3, align 8
  %51 = getelementptr inbounds %struct.call, ptr %50, i32 0, i32 2
  %52 = load ptr, ptr %51, align 8
  %53 = icmp ne ptr %52, null
  br i1 %53, label %54, label %61

54:
  %55 = load ptr, ptr %5, align 8
  %56 = getelementptr inbounds %struct.python, ptr %55, i32 0, i32 3
  %57 = load ptr, ptr %56, align 8
  %58 = load ptr, ptr %3, align 8
  %59 = getelementptr inbounds %struct.call, ptr %58, i32 0, i32 2
  %60 = load ptr, ptr %59, align 8
  call void %57(ptr noundef %60) #3
  br label %61

61:
  %62 = load ptr, ptr %9, align 8
  %63 = load ptr, ptr %3, align 8
  %64 = getelementptr inbounds %struct.call, ptr %63, i32 0, i32 2
  store ptr %62, ptr %64, align 8
  %65 = load ptr, ptr %9, align 8
  %66 = icmp ne ptr %65, null
  ret i1 %66
}

define internal ptr @operand_value(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %8 = load ptr, ptr %4, align 8
  %9 = getelementptr inbounds %struct.call, ptr %8, i32 0, i32 0
  %10 = load ptr, ptr %9, align 8
  store ptr %10, ptr %6, align 8
  %11 = load ptr, ptr %5, align 8
  %12 = load ptr, ptr %6, align 8
  %13 = getelementptr inbounds %struct.python, ptr %12, i32 0, i32 31
  %14 = load ptr, ptr %13, align 8
  %15 = icmp eq ptr %11, %14
  br i1 %15, label %16, label %20

16:
  %17 = load ptr, ptr %4, align 8
  %18 = getelementptr inbounds %struct.call, ptr %17, i32 0, i32 1
  %19 = load ptr, ptr %18, align 8
  store ptr %19, ptr %3, align 8
  br label %74

20:
  %21 = load ptr, ptr %5, align 8
  %22 = load ptr, ptr %6, align 8
  %23 = getelementptr inbounds %struct.python, ptr %22, i32 0, i32 32
  %24 = load ptr, ptr %23, align 8
  %25 = icmp eq ptr %21, %24
  br i1 %25, label %26, label %30

26:
  %27 = load ptr, ptr %4, align 8
  %28 = getelementptr inbounds %struct.call, ptr %27, i32 0, i32 2
  %29 = load ptr, ptr %28, align 8
  store ptr %29, ptr %3, align 8
  br label %74

30:
  store i64 0, ptr %7, align 8
  br label %31

31:
  %32 = load i64, ptr %7, align 8
  %33 = load ptr, ptr %4, align 8
  %34 = getelementptr inbounds %struct.call, ptr %33, i32 0, i32 4
  %35 = load i64, ptr %34, align 8
  %36 = icmp slt i64 %32, %35
  br i1 %36, label %37, label %55

37:
  %38 = load ptr, ptr %5, align 8
  %39 = load ptr, ptr %4, align 8
  %40 = getelementptr inbounds %struct.call, ptr %39, i32 0, i32 6
  %41 = load i64, ptr %7, align 8
  %42 = getelementptr inbounds [6 x ptr], ptr %40, i64 0, i64 %41
  %43 = load ptr, ptr %42, align 8
  %44 = icmp eq ptr %38, %43
  br i1 %44, label %45, label %51

45:
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.call, ptr %46, i32 0, i32 7
  %48 = load i64, ptr %7, align 8
  %49 = getelementptr inbounds [6 x ptr], ptr %47, i64 0, i64 %48
  %50 = load ptr, ptr %49, align 8
  store ptr %50, ptr %3, align 8
  br label %74

51:
  br label %52

52:
  %53 = load i64, ptr %7, align 8
  %54 = add nsw i64 %53, 1
  store i64 %54, ptr %7, align 8
  br label %31

55:
  %56 = load ptr, ptr %5, align 8
  %57 = load ptr, ptr %6, align 8
  %58 = getelementptr inbounds %struct.python, ptr %57, i32 0, i32 27
  %59 = load ptr, ptr %58, align 8
  %60 = call i1 @is_a(ptr noundef %56, ptr noundef %59) #3
  br i1 %60, label %61, label %70

61:
  %62 = load ptr, ptr %6, align 8
  %63 = getelementptr inbounds %struct.python, ptr %62, i32 0, i32 6
  %64 = load ptr, ptr %63, align 8
  %65 = load ptr, ptr %5, align 8
  %66 = load ptr, ptr %4, align 8
  %67 = getelementptr inbounds %struct.call, ptr %66, i32 0, i32 5
  %68 = load i64, ptr %67, align 8
  %69 = call ptr %64(ptr noundef %65, i64 noundef %68) #3
  br label %72

70:
  %71 = load ptr, ptr %5, align 8
  br label %72

72:
  %73 = phi ptr [ %69, %61 ], [ %71, %70 ]
  store ptr %73, ptr %3, align 8
  br label %74

74:
  %75 = load ptr, ptr %3, align 8
  ret ptr %75
}

declare void @llvm.memcpy.p0.p0.i64(ptr noalias nocapture writeonly, ptr noalias nocapture readonly, i64, i1 immarg) #2

attributes #0 = { nounwind "no-builtins" }
attributes #1 = { noinline nounwind "no-builtins" }
attributes #2 = { nocallback nofree nounwind willreturn memory(argmem: readwrite) }
attributes #3 = { nobuiltin "no-builtins" }
